/**
 * The data that the report shows and `qrsync report --json` prints. Times are RFC 3339, days `YYYY-MM-DD`, both
 * UTC.
 */
export interface ReportData {
  connector: string
  /** As reported by the API; null before that. */
  plan: string | null
  made_at: string
  calls: CallsOfMonth
  lags: LandedLags
  scans: ScansPerDay
  codes: ScansPerCode
  destinations: ReportedDestination[]
  rejects: Refusals
  completeness: Completeness
}

export interface CallsOfMonth {
  month_starts_at: string
  month_ends_at: string
  calls_per_month: number
  /** Calls that count in the month: ours, and those of others. */
  calls_this_month: number
  calls_of_others: number
  /** Our calls on each day of the month so far. */
  days: { starts_at: string; calls: number }[]
  /** The month's first forecast; null if none was made. */
  forecast: MonthForecast | null
  /** By purpose; the forecast is what was made before it, and its part until now. */
  purposes: { purpose: string; calls: number; forecast: number | null }[]
}

/** Counts from when it was made: what was spent before, such as on a first sync, is no part of it. */
export interface MonthForecast {
  made_at: string
  /** The month's calls that were left when it was made. */
  calls_left: number
  calls_in_30_days: number
  /** Those of them for scans from before the connector was set up: a first sync makes them at once. */
  history_calls: number
  /** Calls for the first analytics of each code that a new connector has made since, which are no part of it either. */
  first_analytics_calls: number
}

/** In hours; null without a scan. */
export interface Lags {
  mean_lag_h: number | null
  p50_lag_h: number | null
  p95_lag_h: number | null
}

export interface LandedLags extends Lags {
  /** Scans that have landed since then. */
  since: string
  scans: number
  /** Scans that took longer than the bucket before, and up to this long; null: any longer. */
  buckets: { up_to_h: number | null; scans: number }[]
  forecast: Lags | null
}

export interface ScansPerDay {
  /** Landed scans by the day on which they were scanned, today included. */
  days: { day: string; scans: number }[]
  /** Reported by the API's list, and not landed yet. */
  waiting: number
}

export interface CodeScans {
  id: string
  name: string | null
  deleted: boolean
  recent_scans: number
  /** Those of them that were the first of their visitor on their UTC day; null if the API does not say. */
  recent_unique_scans: number | null
  /** In the same time before. */
  previous_scans: number
  landed_scans: number
  last_scanned_at: string | null
  /** The destination of a scan, and the address that the code encodes; null if the API does not send it. */
  destination_url: string | null
  short_url: string | null
}

interface CodeSums {
  codes: number
  recent_scans: number
  landed_scans: number
}

export interface ScansPerCode {
  /** From when on scans count as `recent_scans`. */
  since: string
  /** Codes with the most recent scans first. */
  codes: CodeScans[]
  total: CodeSums
  /** Sums of codes that are not among `codes`. */
  left_out: CodeSums
}

export interface ReportedStream {
  stream: string
  /** Every row up to this position is confirmed or refused. */
  watermark: number
  /** The last position of the stream. */
  last_position: number
  rows_behind: number
  /** Repeated ones included. */
  delivered_rows: number
  delivered_at: string | null
  refused_rows: number
}

export interface ReportedDestination {
  name: string
  type: string
  streams: ReportedStream[]
}

export interface Refusals {
  /** All that have not arrived since. */
  rows: number
  /** Reasons with the most rows first. */
  reasons: { destination: string; stream: string; reason: string; rows: number; last_refused_at: string }[]
  /** The last refused first. */
  latest: RefusedRow[]
}

export interface RefusedRow {
  destination: string
  stream: string
  id: string
  reason: string
  attempts: number
  rejected_at: string
}

export interface Completeness {
  codes: number
  complete_codes: number
  landed_scans: number
  /** Status of the scans that have not landed, over all codes. */
  missing: Pick<Difference, 'pending' | 'late' | 'not_handed_out' | 'gone_with_code' | 'unexplained'>
  /** Incomplete codes, those with unexplained scans first; if there are many, only the first of them. */
  differences: Difference[]
}

/** A code whose count in the API differs from what has landed. */
export interface Difference {
  id: string
  name: string | null
  deleted: boolean
  /** The last count of the API; null if it sends none. */
  listed: number | null
  landed: number
  /** They land with the next call. */
  pending: number
  /** They arrived late, and are searched for. */
  late: number
  /**
   * From when on they are searched for: now, if that is past; null until the planner knows what a call is
   * worth.
   */
  late_search_at: string | null
  /** Counted by the API, but not found by a search. */
  not_handed_out: number
  /** When they were last searched for; null if that is unknown. */
  searched_at: string | null
  /** Landed scans that the API's count no longer includes. */
  fallen: number
  /** When the count fell. */
  fell_at: string | null
  /** Not landed before the code was deleted. */
  gone_with_code: number
  /** Sent by the API and stored as they arrived, because they are malformed. */
  set_aside: number
  unexplained: number
}
