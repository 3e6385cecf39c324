import { count, number } from '../format.ts'
import { foreignText, markup, type Insertable, type Markup } from '../markup.ts'
import type { UpToDate } from '../scans/scans-data.ts'
import { table } from '../table.ts'
import { links } from './links.ts'
import { ago, change, describeUpToDate, isAlike, statement } from './words.ts'

/** A connector in the overview. */
export interface ConnectorSummary {
  connector: string
  /** Scans of the last 30 days, and of the same time before. */
  scans: number
  previous_scans: number
  up_to_date: UpToDate
  calls_left: number
  calls_per_month: number
  rows_behind: number
  /** What needs attention, in a few words each. */
  attention: string[]
}

/**
 * Lists connectors; those that need attention come first. @param unread why some ledgers could not be read, one
 * line each
 */
export function overviewMain(
  connectors: readonly ConnectorSummary[],
  unread: readonly string[],
  nowMs: number,
): Markup {
  const needy = connectors.filter(({ attention }) => attention.length > 0)
  const rows = [...needy, ...connectors.filter(({ attention }) => attention.length === 0)]
  return markup`
<section aria-labelledby="connectors">
<h2 id="connectors">${count(connectors.length, 'connector')}</h2>
${statement(
  needy.length + unread.length === 0 ? 'ok' : 'bad',
  needy.length + unread.length === 0
    ? markup`Nothing needs attention.`
    : markup`${count(needy.length, 'connector')} ${needy.length === 1 ? 'needs' : 'need'} attention.`,
)}
${unread.map((text) => markup`<p class="bad">${foreignText(text, 400)}</p>`)}
${table({
  caption: 'Connectors',
  columns: [
    'Connector',
    'Scans in 30 days',
    'Trend',
    'Up to date as of',
    'Calls left',
    'Rows behind',
    'Needs attention',
  ],
  isWide: true,
  rows: rows.map((each) => row(each, nowMs)),
})}
</section>`
}

function row(summary: ConnectorSummary, nowMs: number): Insertable[] {
  const { connector, scans, previous_scans: previous, up_to_date: upToDate, attention } = summary
  const { tone } = describeUpToDate(upToDate, nowMs)
  const listedAt = upToDate.listed_at
  return [
    markup`<a href="${links.scans(connector)}">${foreignText(connector)}</a>`,
    scans,
    previous === 0 || isAlike(scans, previous) ? '–' : change(scans, previous),
    markup`<span class="${tone === 'bad' ? 'bad' : ''}">${listedAt === null ? 'never' : ago(Date.parse(listedAt), nowMs)}</span>`,
    markup`${number(summary.calls_left)} <span class="soft">of ${number(summary.calls_per_month)}</span>`,
    summary.rows_behind,
    attention.length === 0
      ? 'nothing'
      : markup`<a class="bad" href="${links.operations(connector)}">${attention.join(', ')}</a>`,
  ]
}
