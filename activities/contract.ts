import type { Wait } from '../src/budget/windows.ts'

/**
 * The activities that workflows can call. These names and shapes are stored in workflow histories: add to them, never
 * change them. Nothing here contains rows, keys or anything else that grows.
 */
export interface Activities {
  refreshCatalogue(input: SyncSliceInput): Promise<SliceResult>
  collectScans(input: SyncSliceInput): Promise<SliceResult>
  followPlan(input: PlannedSliceInput): Promise<SliceResult>
  requestDelivery(input: DeliveryRequest): Promise<void>
  deliver(input: DeliveryInput): Promise<DeliverySlice>
}

export interface ConnectorInput {
  connector: string
}

export interface SyncSliceInput extends ConnectorInput {
  /** The id of the manual sync, which retries failing targets once. Workers of older versions do not set it. */
  syncId?: string
}

export interface PlannedSliceInput extends ConnectorInput {
  /** Whether this is the first slice of its run, which also checks if a destination has changed. Workers of older versions do not set it. */
  isFirst?: boolean
}

export interface DeliveryRequest extends ConnectorInput {
  /** Whether a manual sync requests it: the destination then loads its gathered rows now. */
  isUrgent?: boolean
}

export interface DeliveryInput extends DeliveryRequest {
  destination: string
  /** Retries failing streams now, whatever their backoff, because of a manual request. */
  retriesFailed?: boolean
}

/** What an activity did in its slice of the work, and what is left. */
export interface SliceResult {
  calls: number
  /** Rows that the ledger did not have before. */
  landed: number
  isDone: boolean
  /** Set if no further call may be made before a time. */
  wait: TimedWait | null
  /** Whether the slice may have landed rows to deliver now. Workers of older versions do not set it. */
  hasNews?: boolean
  /** Whether `hasNews` is also true if a destination has changed. Workers of older versions do not set it. */
  hasLookedAtTargets?: boolean
  standing?: SyncStanding
}

/**
 * `untilMs` is a time by the worker's clock, and `forMs` how long it was until then. Timers run by Temporal's clock, which may be
 * another host's.
 */
export interface TimedWait extends Wait {
  forMs?: number
}

/** What the Temporal UI shows of a sync. */
export interface SyncStanding {
  callsThisMonth: number
  callsPerMonth: number
  /** Scans that the list has reported and that have not landed. */
  waitingScans: number
  /** The earliest time since which any of them can have been waiting. */
  waitingSinceMs: number | null
  /** A sentence that says that the worker's clock is wrong; null if it is right. */
  clock?: string | null
  /** What fails in the API now; omitted if nothing does. */
  failing?: FailingStanding
}

export interface FailingStanding {
  /** Codes with calls that fail. */
  codes: number
  /** The earliest next try of everything that fails. */
  nextTryMs: number
  /** Endpoints that fail for all codes; null stands for the whole API. */
  outages: { endpoint: string | null; sinceMs: number }[]
}

export interface DeliverySlice {
  delivered: number
  rejected: number
  isDone: boolean
  /** Set while rows are gathered, to load them together: when the gathering ends by the worker's clock, and how long that is from now. */
  gatherUntilMs?: number
  gatherForMs?: number
  /** Streams that the destination does not accept now, in its order; omitted if there are none. */
  failures?: StreamFailure[]
  /** The first retry of a failing stream: the time by the worker's clock, and how long that is from now. */
  retryAtMs?: number
  retryForMs?: number
  standing?: DeliveryStanding
}

/** Why a destination does not accept one of its streams; the others continue. */
export interface StreamFailure {
  stream: string
  /** The error's code; for a bug, the error's name. */
  code: string
  message: string
  /** Attempts that have failed in a row. */
  attempts: number
  sinceMs: number
  retryAtMs: number
}

export interface DeliveryStanding {
  /** Rows that the destination has refused and that are not replayed yet. */
  refused: number
  /** What the destination writes to, if that has changed. qrsync then fills it again from the first row. */
  changedTo?: string
  changedFrom?: string
  changedAtMs?: number
}
