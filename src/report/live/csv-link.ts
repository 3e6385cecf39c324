import { markup, type Markup } from '../markup.ts'
import { links, type CsvTable, type PeriodDays } from './links.ts'

const names: Record<CsvTable, string> = {
  days: 'scans per day',
  codes: 'scans per code',
  campaigns: 'campaigns',
  countries: 'countries',
  devices: 'devices',
  hours: 'hours of the day',
}

/** A link that downloads a table of the page. */
export const csvLink = (connector: string, table: CsvTable, days: PeriodDays, code?: string): Markup =>
  markup`<p class="download"><a href="${links.csv(connector, table, days, code)}" download>Download ${names[table]} (CSV)</a></p>`
