/** What the report shows, and `qrsync report --json` prints. Times are RFC 3339, days `YYYY-MM-DD`, both UTC. */
export interface ReportData {
  connector: string
  /** As the API has told; null before it has. */
  plan: string | null
  made_at: string
  calls: CallsOfMonth
  lags: LandedLags
  scans: ScansPerDay
  codes: ScansPerCode
  destinations: DestinationStanding[]
  rejects: Refusals
  completeness: Completeness
}

export interface CallsOfMonth {
  month_starts_at: string
  month_ends_at: string
  calls_per_month: number
  /** Counted against the month: ours, and those of others. */
  calls_this_month: number
  calls_of_others: number
  /** Ours, on each day of the month that has begun. */
  days: { starts_at: string; calls: number }[]
  /** What the month's first forecast said; null where none was made. */
  forecast: { made_at: string; counts_from: string; calls_in_30_days: number } | null
  /** By purpose, the forecast's as of now. */
  purposes: { purpose: string; calls: number; forecast: number | null }[]
}

/** In hours; null without a scan. */
export interface Lags {
  mean_lag_h: number | null
  p50_lag_h: number | null
  p95_lag_h: number | null
}

export interface LandedLags extends Lags {
  /** Scans that were landed since then. */
  since: string
  scans: number
  /** Scans that took longer than the bucket before, and up to this long; null: any longer. */
  buckets: { up_to_h: number | null; scans: number }[]
  forecast: Lags | null
}

export interface ScansPerDay {
  /** Landed scans by the day on which they were scanned, today's so far included. */
  days: { day: string; scans: number }[]
  /** Known to the API's list, and not landed yet. */
  waiting: number
}

export interface CodeScans {
  id: string
  name: string | null
  deleted: boolean
  recent_scans: number
  /** Of these, the first of their visitor on their UTC day; null where the API does not tell. */
  recent_unique_scans: number | null
  /** In as much time before. */
  previous_scans: number
  landed_scans: number
  last_scanned_at: string | null
  /** Where a scan leads, and the address that the code encodes; null where the API does not tell. */
  destination_url: string | null
  short_url: string | null
}

interface CodeSums {
  codes: number
  recent_scans: number
  landed_scans: number
}

export interface ScansPerCode {
  /** From when on scans are `recent_scans`. */
  since: string
  /** Those with the most recent scans, the most first. */
  codes: CodeScans[]
  total: CodeSums
  /** Those that are not among `codes`. */
  left_out: CodeSums
}

export interface StreamStanding {
  stream: string
  /** Every row up to this position is confirmed or refused … */
  watermark: number
  /** … of so many positions. */
  last_position: number
  rows_behind: number
  /** Those that came again included. */
  delivered_rows: number
  delivered_at: string | null
  refused_rows: number
}

export interface DestinationStanding {
  name: string
  type: string
  streams: StreamStanding[]
}

export interface Refusals {
  /** All that are still not there. */
  rows: number
  /** Those with the most rows first. */
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
  /** Codes that are not complete, those with scans that nothing explains first; not all where there are many. */
  differences: Difference[]
}

/** A code of which the API counts other than what is landed. */
export interface Difference {
  id: string
  name: string | null
  deleted: boolean
  /** As the API has told last; null where it does not tell. */
  listed: number | null
  landed: number
  /** Landed with the next call. */
  pending: number
  /** Came late, and are searched for … */
  late: number
  /** … from this time on: now, where that is past; null until the planner has said what a call is worth. */
  late_search_at: string | null
  /** Counted by the API, and not among what it returned when they were searched for … */
  not_handed_out: number
  /** … last at this time; null where that is not known. */
  searched_at: string | null
  /** Landed scans that the API's count no longer includes: it fell … */
  fallen: number
  /** … at this time. */
  fell_at: string | null
  /** The code was deleted before they were landed. */
  gone_with_code: number
  /** Sent by the API, and kept as they came because they do not fit. */
  set_aside: number
  unexplained: number
}
