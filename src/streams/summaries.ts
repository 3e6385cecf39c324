import type { Scan } from './scans.ts'

/** Totals of scans, of one code or of several. Days are UTC days, and the last 7 include today. */
export interface ScanTotals {
  total_scans: number
  /** Scans that were the first of their visitor and code on that day; null if the API does not say. */
  unique_scans: number | null
  scans_last_7_days: number
  scans_last_30_days: number
  /** RFC 3339 in UTC; null before the first scan. */
  first_scanned_at: string | null
  last_scanned_at: string | null
  /** The kind of device, and the country (ISO 3166-1 alpha-2), of most scans; null if no scan has one. */
  top_device: string | null
  top_country: string | null
  /** Of the newest landed scan; the list may know a newer one. */
  last_device: string | null
  last_country: string | null
  last_city: string | null
}

/** One row of the stream code_summaries: a code with what people need to see in a CRM. */
export interface CodeSummary extends ScanTotals {
  /** The id of the code. */
  id: string
  name: string | null
  destination_url: string | null
  short_url: string | null
  status: string | null
}

/**
 * One row of the stream link_summaries: the scans of all codes that name the same record of a destination, by
 * any of its keys.
 */
export interface LinkSummary extends ScanTotals {
  /** `${rule}#${record}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  /** How many codes name the record; 0 if none does any more. */
  codes: number
  /**
   * The names of these codes, each once, in alphabetical order; the id of a code without a name. At most {@link
   * mostCodeNames}.
   */
  code_names: string[]
  /** The name of the code that was scanned last; null before the first scan. */
  last_code: string | null
}

/** The most names in a summary: nobody reads more. */
export const mostCodeNames = 100

/** One row of the stream link_codes: whether a code names a record of a destination, by any of the record's keys. */
export interface LinkedCode {
  /** `${rule}#${record}/${code}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  qr_code_id: string
  /** False if the code no longer names it. */
  is_linked: boolean
}

/** One row of the stream link_scans: a scan of a code that names a record of a destination. */
export interface LinkedScan {
  /** `${rule}#${record}/${scan}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  /** False if the code no longer names the record. */
  is_linked: boolean
  /** The name of the code. */
  code: string
  scan: Scan
}

/** Groups codes by the key of a record that they name. */
export interface LinkRule {
  name: string
  /** Where the key of a code is: in a parameter of its destination URL, or in a field of the code. */
  source: { parameter: string } | { field: string }
}
