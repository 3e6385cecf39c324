import type { Scan } from '../../../streams/scans.ts'
import type { CodeSummary, LinkSummary, ScanTotals } from '../../../streams/summaries.ts'
import type { LandedRow } from '../../../streams/streams.ts'

/** Values of properties, all of them texts; '' clears one. */
export type PropertyValues = Record<string, string>

/** What a row becomes in HubSpot, or why it can become nothing. */
export type Mapped<Row> = { id: string; row: Row; values: PropertyValues } | { id: string; reason: string }

export const mapCode = mapper<CodeSummary>((code) => ({
  qrsync_code_id: text(code.id),
  qrsync_name: text(code.name),
  qrsync_status: text(code.status),
  qrsync_destination_url: text(code.destination_url),
  qrsync_short_url: text(code.short_url),
  ...totals(code),
}))

export const mapLink = mapper<LinkSummary>((link) => ({ qrsync_codes: text(link.codes), ...totals(link) }))

export const mapScan = mapper<Scan>((scan) => ({
  qrsync_scan_id: text(scan.id),
  qrsync_qr_code_id: text(scan.qr_code_id),
  qrsync_scanned_at: time(scan, 'scanned_at'),
  qrsync_device_type: text(scan.device_type),
  qrsync_os: text(scan.os),
  qrsync_browser: text(scan.browser),
  qrsync_language: text(scan.language),
  qrsync_referrer: text(scan.referrer),
  qrsync_is_unique: text(scan.is_unique),
  qrsync_country: text(scan.country),
  qrsync_region: text(scan.region),
  qrsync_city: text(scan.city),
  qrsync_extra: scan.extra === null ? '' : text(JSON.stringify(scan.extra)),
}))

function totals(row: ScanTotals): PropertyValues {
  return {
    qrsync_total_scans: text(row.total_scans),
    qrsync_unique_scans: text(row.unique_scans),
    qrsync_scans_last_7_days: text(row.scans_last_7_days),
    qrsync_scans_last_30_days: text(row.scans_last_30_days),
    qrsync_first_scanned_at: time(row, 'first_scanned_at'),
    qrsync_last_scanned_at: time(row, 'last_scanned_at'),
    qrsync_top_device: text(row.top_device),
    qrsync_top_country: text(row.top_country),
  }
}

function mapper<Row>(map: (row: Row) => PropertyValues): (landed: LandedRow) => Mapped<Row> {
  return ({ id, json }) => {
    try {
      const row = JSON.parse(json) as Row
      const values = map(row)
      const long = Object.entries(values).find(([, value]) => value.length > longestValue)
      if (long !== undefined) return { id, reason: tooLong(...long) }
      return { id, row, values }
    } catch (error) {
      return { id, reason: `the row cannot be read: ${error instanceof Error ? error.message : 'no JSON'}` }
    }
  }
}

/** In characters. HubSpot refuses a longer value, and with it the whole request. */
const longestValue = 65_536

function tooLong(property: string, { length }: string): string {
  const count = (value: number) => value.toLocaleString('en')
  return `${property} has ${count(length)} characters; HubSpot accepts ${count(longestValue)} at most`
}

/** Half a surrogate pair, as left by a text cut in the middle of an emoji, is no Unicode: it becomes U+FFFD. */
function text(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value).toWellFormed()
}

/** In UTC and to the millisecond, which is as fine as HubSpot keeps it. */
function time<Name extends string>(row: Partial<Record<Name, string | null>>, name: Name): string {
  const value: string | null | undefined = row[name]
  if (value === null || value === undefined) return ''
  const time = new Date(value)
  if (Number.isNaN(time.getTime())) throw new Error(`${name} is no time: ${value}`)
  return time.toISOString()
}
