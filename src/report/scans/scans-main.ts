import { codesSection } from '../codes-section.ts'
import { number } from '../format.ts'
import { figureList, type KeyFigure } from '../key-figures.ts'
import { csvLink } from '../live/csv-link.ts'
import { links, type PeriodDays } from '../live/links.ts'
import { freshness, trend } from '../live/words.ts'
import { markup, type Markup } from '../markup.ts'
import type { ScanFigures, ScansData, UpToDate } from './scans-data.ts'
import { scansSection } from '../scans-section.ts'
import { audienceSections } from './audience-sections.ts'

/** Returns the tab for marketing. @param isServed with links, which a file does not have */
export function scansMain(data: ScansData, isServed: boolean): Markup {
  const { connector, audience, scans, codes, up_to_date: upToDate } = data
  const nowMs = Date.parse(data.made_at)
  const days = audience.days as PeriodDays
  const csv = (table: Parameters<typeof links.csv>[1]) => csvLink(connector, table, days)
  return markup`
${freshness(upToDate, nowMs)}
${scanFigures(data)}
${scansSection(scans, isServed ? csv('days') : null)}
${codesSection(codes, isServed ? { code: (id) => links.code(connector, id, days), csv: csv('codes') } : null)}
${audienceSections(audience, isServed ? { csv } : null)}`
}

function scanFigures({ audience, codes, scans, up_to_date: upToDate }: ScansData): Markup {
  const { period, previous, days } = audience
  const today = scans.days.at(-1)?.scans ?? 0
  return figureList([
    {
      name: 'Scans',
      value: number(period.scans),
      note: trendOf(period, previous, days, upToDate, ({ scans }) => scans),
    },
    uniqueFigure(period, previous, days, upToDate),
    {
      name: 'Codes scanned',
      value: number(period.codes),
      note: `of ${number(codes.total.codes)}`,
    },
    { name: 'Today so far', value: number(today), note: 'scans, by UTC' },
  ])
}

export function uniqueFigure(
  period: ScanFigures,
  previous: ScanFigures,
  days: number,
  upToDate: UpToDate,
): KeyFigure {
  const name = 'Unique scans'
  if (period.unique_scans === null) {
    return { name, value: '–', note: period.scans === 0 ? 'no scan yet' : 'the API does not tell' }
  }
  const note = trendOf(period, previous, days, upToDate, ({ unique_scans: unique }) => unique ?? 0)
  return { name, value: number(period.unique_scans), note }
}

/** While older scans are still being fetched, the previous period is incomplete, so no comparison is possible. */
export function trendOf(
  period: ScanFigures,
  previous: ScanFigures,
  days: number,
  { older_scans: older }: UpToDate,
  of: (figures: ScanFigures) => number,
): Markup | string {
  return older > 0 ? 'older scans are still being fetched' : trend(of(period), of(previous), days)
}
