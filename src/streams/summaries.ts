import type { Scan } from './scans.ts'

/** What scans come to, of one code or of several together. Days are UTC days, and the last 7 of them include today. */
export interface ScanTotals {
  total_scans: number
  /** Scans that were the first of their visitor and code on that day; null where the API does not tell. */
  unique_scans: number | null
  scans_last_7_days: number
  scans_last_30_days: number
  /** RFC 3339 in UTC; null before the first scan. */
  first_scanned_at: string | null
  last_scanned_at: string | null
  /** The kind of device, and the country (ISO 3166-1 alpha-2), of most scans; null where no scan tells. */
  top_device: string | null
  top_country: string | null
  /** Of the newest landed scan: the list may know of a newer one. */
  last_device: string | null
  last_country: string | null
  last_city: string | null
}

/** One row of the stream code_summaries: a code as a person wants to see it in a CRM. */
export interface CodeSummary extends ScanTotals {
  /** The code's. */
  id: string
  name: string | null
  destination_url: string | null
  short_url: string | null
  status: string | null
}

/** One row of the stream link_summaries: the scans of all codes that name one record of a destination, by any of its keys. */
export interface LinkSummary extends ScanTotals {
  /** `${rule}#${record}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  /** How many codes name the record; 0 where none does any more. */
  codes: number
  /** Their names, each once, in alphabetical order; a code without a name has its id here. Not more than {@link mostCodeNames}. */
  code_names: string[]
  /** The name of the code that was scanned last; null before the first scan. */
  last_code: string | null
}

/** Of a summary: a person reads no more of them. */
export const mostCodeNames = 100

/** One row of the stream link_codes: whether a code names a record of a destination, by any of the record's keys. */
export interface LinkedCode {
  /** `${rule}#${record}/${code}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  qr_code_id: string
  /** False where it did once. */
  is_linked: boolean
}

/** One row of the stream link_scans: a scan of a code that names a record of a destination. */
export interface LinkedScan {
  /** `${rule}#${record}/${scan}` */
  id: string
  rule: string
  /** The destination's own id of the record. */
  record: string
  /** False where the code names the record no more. */
  is_linked: boolean
  /** The code's name. */
  code: string
  scan: Scan
}

/** Which codes belong together, and to what: those that name the same key. */
export interface LinkRule {
  name: string
  /** Where a code names its key: a parameter of its destination URL, or a field of the code itself. */
  source: { parameter: string } | { field: string }
}
