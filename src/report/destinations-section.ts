import { count, number } from './format.ts'
import { markup, type Markup } from './markup.ts'
import type { ReportedDestination } from './report-data.ts'
import { table, timeCell } from './table.ts'

export function destinationsSection(destinations: readonly ReportedDestination[]): Markup {
  return markup`
<section aria-labelledby="destinations">
<h2 id="destinations">Destinations</h2>
${destinations.map(standing)}
</section>`
}

const streamNames: Readonly<Record<string, string>> = {
  qr_codes: 'QR codes',
  scans: 'Scans',
  analytics_daily: 'Analytics by day',
  analytics_breakdown: 'Analytics by kind',
  code_summaries: 'Summaries of codes',
  link_summaries: 'Summaries of linked records',
  link_codes: 'Codes of linked records',
  link_scans: 'Scans of linked records',
}

function standing({ name, type, streams }: ReportedDestination): Markup {
  const sum = (of: 'rows_behind' | 'refused_rows') => streams.reduce((rows, stream) => rows + stream[of], 0)
  const [behind, refused] = [sum('rows_behind'), sum('refused_rows')]
  return markup`
<h3>${name} <span class="type">${type}</span></h3>
${
  streams.length === 0
    ? markup`<p>No rows for it have landed yet.</p>`
    : markup`<p>${behind === 0 ? 'All landed rows have been delivered' : `It is ${count(behind, 'row')} behind`}${refused === 0 ? '.' : `; ${count(refused, 'row')} ${refused === 1 ? 'is' : 'are'} refused.`}</p>
${streamTable(name, streams)}`
}`
}

/** Shows what a destination has of each stream. */
export function streamTable(name: string, streams: ReportedDestination['streams']): Markup {
  return table({
    caption: `What ${name} has`,
    columns: ['Rows of', 'Watermark', 'Rows behind', 'Delivered', 'Refused', 'Last delivery'],
    isWide: true,
    rows: streams.map((each) => [
      streamNames[each.stream] ?? each.stream,
      `${number(each.watermark)} of ${number(each.last_position)}`,
      each.rows_behind,
      each.delivered_rows,
      each.refused_rows,
      each.delivered_at === null ? 'never' : timeCell(each.delivered_at),
    ]),
  })
}
