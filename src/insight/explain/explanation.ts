import type { DeliveredStream } from '../../streams/streams.ts'
import type { Difference } from '../../report/report-data.ts'
import type { FailingReport } from '../read-failing-report.ts'

/** Where a scan or a code is, stage by stage. Names as in the JSON of `qrsync explain`; times are RFC 3339 in UTC. */
export interface Explanation {
  connector: string
  id: string
  kind: 'code' | 'scan' | 'unknown'
  /**
   * `complete`: it is everywhere. `on_its_way`: it arrives automatically. `stuck`: something fails, is refused or is missing.
   * `unknown`: the ledger does not know it.
   */
  state: 'complete' | 'on_its_way' | 'stuck' | 'unknown'
  /** The code, or the code of the scan; null where it is not known. */
  code: CodeStage | null
  /** Null for a code. */
  scan: ScanStage | null
  /** Rows of this id that the API has sent and that do not fit. */
  set_aside: SetAsideStage[]
  /** What of the API fails and concerns it: calls of its code, of the list, or the API as a whole. */
  failing: FailingReport
  /** The error's code, where the last sync failed and needs manual action. */
  sync_failure: string | null
  /** No call before this time: the API asked for a pause, or fails as a whole; null where calls are made. */
  calls_paused_until: string | null
  /** When the calls of the month come back; null while the month has calls left. */
  month_spent_until: string | null
  /** When the list of codes was last read, and when the planner looks next. */
  listed_at: string | null
  next_look_at: string | null
  destinations: DestinationStage[]
  /** What could explain an id that the ledger does not know; null where it knows it. */
  unknown: UnknownStage | null
}

export interface CodeStage {
  id: string
  name: string | null
  deleted: boolean
  first_listed_at: string | null
  /** When the list last told of a change of it. */
  changed_at: string | null
  /** The API's count and what is landed of it, and what becomes of the rest. */
  scans: Difference
  /** Since when scans wait for a call; null without any. */
  waiting_since: string | null
  /** Its scans of before qrsync knew the account are not landed yet. */
  history_waits: boolean
  /** Since when a person has history left where it is. */
  history_paused_since: string | null
  /** What the config file asks for: a scan is landed within this time; null where the planner decides by value. */
  freshness_ms: number | null
  priority: number
}

export interface ScanStage {
  qr_code_id: string
  scanned_at: string
  /** Null where it was landed before the ledger kept the time. */
  landed_at: string | null
  /** In the stream `scans`. */
  position: number
  /** The call that brought it; null where that is not known, as for a kept row that a newer qrsync could read. */
  call: { endpoint: string; purpose: string; sent_at: string } | null
}

export interface SetAsideStage {
  stream: string
  qr_code_id: string | null
  reason: string
  first_seen: string
  last_seen: string
}

export interface DestinationStage {
  destination: string
  type: string
  /** Empty where it takes no stream that holds this row. */
  rows: DeliveredRow[]
}

/** The row, or the record that it is part of, in a stream of a destination. */
export interface DeliveredRow {
  stream: DeliveredStream
  /** Its id in the stream: for a summary the code's, for a linked record `rule#record`, or `rule/key` before it is found. */
  id: string
  /**
   * `confirmed`: it is there. `refused`: see `reason`. `waiting`: see `why`. `no_record`: the key that the code names has no record
   * there yet.
   */
  state: 'confirmed' | 'refused' | 'waiting' | 'no_record'
  /** For a row that waits: its stream fails, its rows are gathered to go together, or it is next. */
  why: 'failing' | 'gathering' | 'behind' | null
  /** Why it was refused, in the vendor's words, or why its stream fails. */
  reason: string | null
  /** Attempts that failed or were refused. */
  attempts: number | null
  since: string | null
  /** When it is handed over again automatically; null where that is with the next delivery, or never. */
  next_try_at: string | null
  /** qrsync sends a refused row again soon: an operator asked for it, or the row was refused together with others. Not the daily retry. */
  is_replayed: boolean
  /** Rows before it in the stream; null for a summary, which goes through all codes at once. */
  rows_before: number | null
}

/** Of all codes: a scan that is not known may be among what is on its way. */
export interface UnknownStage {
  /** Scans that the API has told of and that are not landed, and of how many codes. */
  waiting_scans: number
  waiting_codes: number
  /** Codes whose late scans are searched for. */
  searched_codes: number
  /** Scans that the API counts and that a search did not find. */
  not_found_scans: number
  /** Rows that do not fit and have no id that can be read. */
  set_aside_without_id: number
  /** Codes whose scans of before are not landed. */
  history_codes: number
  /** Codes that were deleted before all of their scans were landed. */
  deleted_codes: number
  /** Codes with calls that fail. */
  failing_codes: number
}
