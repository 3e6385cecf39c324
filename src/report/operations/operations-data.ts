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
    /** When the planner looks next whether a call is worth it. */
    next_look_at: string | null
    /** The error's code if the last sync failed and a retry does not help. */
    failure: string | null
    /** Since when history is paused; null where it is not. */
    history_paused_since: string | null
  }
  alerts: Attention[]
  failing: FailingCalls
  destinations: DestinationState[]
  set_aside: SetAsideState
  /** What Temporal knows; null where it was not asked. */
  runs: RunsState | null
  report: ReportData
}

/** Something that needs a person. */
export interface Attention {
  condition: string
  /** Empty where it is not about one. */
  destination: string
  text: string
  /** Null where it has just begun, and nobody has been told. */
  since: string | null
}

/** What of the API fails, and when it is tried again. */
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
  /** Where its rows go, in words; null where that is not known here. */
  where: string | null
  rows_behind: number
  /** When it last had all that was landed then; null where it never had. */
  complete_at: string | null
  refused_rows: number
  /** Streams that it does not accept at present. */
  failures: { stream: string; code: string; message: string; since: string; next_try_at: string }[]
  /** What it wrote to before, while it is filled again after a change of that. */
  refill_from: string | null
  /** Keys of link rules of which it has no record yet. */
  waiting_keys: number
}

/** Malformed rows of the API, which are kept. */
export interface SetAsideState {
  rows: number
  /** The reason of most rows first. */
  reasons: { stream: string; reason: string; rows: number; last_seen_at: string }[]
}

export interface RunsState {
  /** Why Temporal could not be asked; null where it could. */
  error: string | null
  /** Null where the connector has no Schedule. */
  schedule: {
    is_paused: boolean
    note: string | null
    next_run_at: string | null
    text: string | null
  } | null
  /** Those that are at work first, then those that have ended, the last one first. */
  runs: RunState[]
  /** Where the Temporal UI is, with the namespace: null where its address is not known. */
  ui_url: string | null
}

export interface RunState {
  workflow_id: string
  run_id: string
  /** `sync`, `sync now`, `backfill`, or `delivery to …`. */
  title: string
  /** As Temporal names it: RUNNING, COMPLETED, FAILED … */
  status: string
  /** As in the search attribute QrsyncOutcome; null where there is none. */
  outcome: string | null
  calls: number | null
  rows: number | null
  started_at: string
  ended_at: string | null
  /** What it fails of; null where all goes well. */
  failure: { message: string; next_attempt_at: string | null } | null
}
