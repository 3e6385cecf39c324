import { toCsv, type Cell } from './csv.ts'
import type { CsvTable } from '../report/live/links.ts'
import type { ScansPerCode, ScansPerDay } from '../report/report-data.ts'
import { countryName } from '../report/scans/audience-sections.ts'
import type { Audience } from '../report/scans/scans-data.ts'

/** What the page shows, for all codes or for one (then `codes` is null). */
export interface ShownTables {
  scans: ScansPerDay
  audience: Audience
  codes: ScansPerCode | null
}

/** Returns a table of the page, for spreadsheets. */
export function csvOf(table: CsvTable, shown: ShownTables): string {
  switch (table) {
    case 'days':
      return toCsv(
        ['day', 'scans'],
        shown.scans.days.map(({ day, scans }) => [day, scans]),
      )
    case 'codes':
      return codesCsv(shown.codes)
    case 'campaigns':
      return toCsv(
        ['campaign', 'source', 'medium', 'codes', 'scans', 'unique_scans', 'previous_scans'],
        shown.audience.campaigns.map((each): Cell[] => [
          each.campaign,
          each.source,
          each.medium,
          each.codes,
          each.scans,
          each.unique_scans,
          each.previous_scans,
        ]),
      )
    case 'countries':
      return toCsv(
        ['country', 'country_name', 'scans'],
        (shown.audience.countries ?? []).map(({ name, scans }): Cell[] => [
          name,
          name === null ? null : countryName(name),
          scans,
        ]),
      )
    case 'devices':
      return toCsv(
        ['device', 'scans'],
        shown.audience.devices.map(({ name, scans }): Cell[] => [name, scans]),
      )
    case 'hours':
      return toCsv(
        ['hour_utc', 'scans'],
        shown.audience.hours.map((scans, hour) => [hour, scans]),
      )
  }
}

function codesCsv(codes: ScansPerCode | null): string {
  return toCsv(
    [
      'id',
      'name',
      'deleted',
      'scans',
      'unique_scans',
      'previous_scans',
      'all_scans',
      'last_scanned_at',
      'short_url',
      'destination_url',
    ],
    (codes?.codes ?? []).map((code): Cell[] => [
      code.id,
      code.name,
      code.deleted ? 'yes' : 'no',
      code.recent_scans,
      code.recent_unique_scans,
      code.previous_scans,
      code.landed_scans,
      code.last_scanned_at,
      code.short_url,
      code.destination_url,
    ]),
  )
}
