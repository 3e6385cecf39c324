import type { ReportData } from '../report-data.ts'
import type { UpToDate } from '../scans/scans-data.ts'

/** What the page shows to operators. Times are RFC 3339. */
export interface OperationsData {
  connector: string
  made_at: string
  up_to_date: UpToDate
  sync: {
    /** When a sync last made progress without a failure, and when the next is due at the latest. */
    last_at: string | null
    due_at: string | null
    /** When the planner runs next. */
    next_look_at: string | null
    /** The error's code if the last sync failed and a retry does not help. */
    failure: string | null
    /** Since when history is paused; null if it is not. */
    history_paused_since: string | null
  }
  alerts: Attention[]
  failing: FailingCalls
  destinations: DestinationState[]
  set_aside: SetAsideState
  /** What Temporal knows; null if it was not asked. */
  runs: RunsState | null
  report: ReportData
}

/** Something that needs attention. */
export interface Attention {
  condition: string
  /** Empty if it does not concern one. */
  destination: string
  text: string
  /** Null if it has just begun, and no alert was sent. */
  since: string | null
}

/** What fails in the API, and when it is retried. */
export interface FailingCalls {
  failures: {
    qr_code_id: string | null
    name: string | null
    endpoint: string
    code: string
    message: string
    attempts: number
    since: string
    next_try_at: string
  }[]
  outages: { endpoint: string | null; code: string; message: string; since: string; next_probe_at: string }[]
}

export interface DestinationState {
  name: string
  type: string
  /** Where its rows go, in words; null if that is unknown here. */
  where: string | null
  rows_behind: number
  /** When it last had every row that had landed by then; null if it never had. */
  complete_at: string | null
  refused_rows: number
  /** Streams that it does not accept now. */
  failures: { stream: string; code: string; message: string; since: string; next_try_at: string }[]
  /** What it wrote to before, while qrsync fills it again after that change. */
  refill_from: string | null
  /** Keys of link rules that have no record yet. */
  waiting_keys: number
  /** From when on a sync looks the first of them up again; null if none waits, or if the next sync does. */
  waiting_keys_due_at: string | null
}

/** Malformed rows of the API, which are stored. */
export interface SetAsideState {
  rows: number
  /** Reasons with the most rows first. */
  reasons: { stream: string; reason: string; rows: number; last_seen_at: string }[]
}

export interface RunsState {
  /** Why Temporal could not be asked; null if it could. */
  error: string | null
  /** Null if the connector has no Schedule. */
  schedule: {
    is_paused: boolean
    note: string | null
    next_run_at: string | null
    text: string | null
  } | null
  /** Running ones first, then those that have ended, the last one first. */
  runs: RunState[]
  /** The address of the Temporal UI, with the namespace; null if it is unknown. */
  ui_url: string | null
  /** Views of the Temporal UI for this connector; empty if its address is unknown. */
  views: { name: string; url: string }[]
}

export interface RunState {
  workflow_id: string
  run_id: string
  /** `sync`, `sync now`, `backfill`, or `delivery to …`. */
  title: string
  /** In Temporal's words: RUNNING, COMPLETED, FAILED and so on. */
  status: string
  /** The search attribute QrsyncOutcome; null if it is not set. */
  outcome: string | null
  calls: number | null
  rows: number | null
  started_at: string
  ended_at: string | null
  /** Why it fails; null if it does not. */
  failure: { message: string; next_attempt_at: string | null } | null
}
