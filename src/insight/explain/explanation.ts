import type { DeliveredStream } from '../../streams/streams.ts'
import type { Difference } from '../../report/report-data.ts'
import type { FailingReport } from '../read-failing-report.ts'

/** Where a scan or a code is, stage by stage. Names as in the JSON of `qrsync explain`; times are RFC 3339 in UTC. */
export interface Explanation {
  connector: string
  id: string
  kind: 'code' | 'scan' | 'unknown'
  /**
   * `complete`: it is in every destination. `on_its_way`: it arrives automatically. `stuck`: something fails,
   * is refused or is missing. `erased`: somebody has erased this code. `unknown`: the ledger does not know it.
   */
  state: 'complete' | 'on_its_way' | 'stuck' | 'erased' | 'unknown'
  /** The code, or the code of the scan; null if it is unknown. */
  code: CodeStage | null
  /** Null for a code. */
  scan: ScanStage | null
  /** Malformed rows with this id that the API has sent. */
  set_aside: SetAsideStage[]
  /** What fails in the API and affects it: calls for its code, for the list, or the whole API. */
  failing: FailingReport
  /** The error's code if the last sync failed and needs manual action. */
  sync_failure: string | null
  /**
   * No call is made before this time, because the API asked for a pause or fails as a whole; null if calls are
   * made.
   */
  calls_paused_until: string | null
  /** When the calls of the month come back; null while the month has calls left. */
  month_spent_until: string | null
  /** When the list of codes was last read, and when the planner runs next. */
  listed_at: string | null
  next_look_at: string | null
  destinations: DestinationStage[]
  /** Possible reasons why the ledger does not know the id; null if it does, or if it was erased. */
  unknown: UnknownStage | null
  /** Set for an erased code: nothing else of it is known. */
  erased: ErasedStage | null
}

export interface ErasedStage {
  at: string
  /** Destinations of the config file that have not erased it yet. */
  open: { destination: string; qr_code_id: string; problem: string | null }[]
}

export interface CodeStage {
  id: string
  name: string | null
  deleted: boolean
  first_listed_at: string | null
  /** When the list last reported a change of it. */
  changed_at: string | null
  /** The API's count, how many have landed, and where the others are. */
  scans: Difference
  /** Since when scans wait for a call; null if none waits. */
  waiting_since: string | null
  /** Whether its scans from before the account was connected have not landed yet. */
  history_waits: boolean
  /** Since when somebody has paused history. */
  history_paused_since: string | null
  /** The target of the config file: a scan lands within this time. Null if the planner decides by value. */
  freshness_ms: number | null
  priority: number
}

export interface ScanStage {
  qr_code_id: string
  scanned_at: string
  /** Null if it landed before the ledger stored this time. */
  landed_at: string | null
  /** In the stream `scans`. */
  position: number
  /** The call that fetched it; null if unknown, for example if a newer version parsed a row that was set aside. */
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
  /** Empty if the destination accepts no stream that contains this row. */
  rows: DeliveredRow[]
}

/** The row, or the record that contains it, in a stream of a destination. */
export interface DeliveredRow {
  stream: DeliveredStream
  /** Its id in the stream: for a summary the code's, for a linked record `rule#record`, or `rule/key` before it is found. */
  id: string
  /**
   * `confirmed`: it is in the destination. `refused`: see `reason`. `waiting`: see `why`. `no_record`: the key
   * that the code names has no record yet.
   */
  state: 'confirmed' | 'refused' | 'waiting' | 'no_record'
  /** For a waiting row: its stream fails, its rows are gathered, or it is next. */
  why: 'failing' | 'gathering' | 'behind' | null
  /** Why it was refused, in the vendor's words, or why its stream fails. */
  reason: string | null
  /** Attempts that failed or were refused. */
  attempts: number | null
  since: string | null
  /** When it is sent again automatically; null if that is with the next delivery, or never. */
  next_try_at: string | null
  /**
   * Whether qrsync sends the refused row again soon: an operator asked for it, or the row was refused together
   * with others. The daily retry does not count.
   */
  is_replayed: boolean
  /** Rows before it in the stream; null for a summary, which compares all codes at once. */
  rows_before: number | null
}

/** Counts over all codes: an unknown scan may be among those that have not landed. */
export interface UnknownStage {
  /** Scans that the API has reported and that have not landed, and their number of codes. */
  waiting_scans: number
  waiting_codes: number
  /** Codes that are searched for late scans. */
  searched_codes: number
  /** Scans that the API counts and that a search did not find. */
  not_found_scans: number
  /** Malformed rows without a readable id. */
  set_aside_without_id: number
  /** Codes whose history has not landed. */
  history_codes: number
  /** Codes that were deleted before all of their scans landed. */
  deleted_codes: number
  /** Codes with calls that fail. */
  failing_codes: number
  /** Codes that somebody has erased, with all their scans. */
  erased_codes: number
}
