import type { Wait } from '../src/budget/windows.ts'

/**
 * What workflows may ask of the outside world. These names and shapes live in workflow histories: they are added to, never
 * changed. Nothing here holds rows, keys or anything else that grows.
 */
export interface Activities {
  refreshCatalogue(input: SyncSliceInput): Promise<SliceResult>
  collectScans(input: SyncSliceInput): Promise<SliceResult>
  followPlan(input: ConnectorInput): Promise<SliceResult>
  requestDelivery(input: DeliveryRequest): Promise<void>
  deliver(input: DeliveryInput): Promise<DeliverySlice>
}

export interface ConnectorInput {
  connector: string
}

export interface SyncSliceInput extends ConnectorInput {
  /** The manual sync that asks: what fails is tried again once in it. Workers of before send none. */
  syncId?: string
}

export interface DeliveryRequest extends ConnectorInput {
  /** Somebody waits: what a destination gathers goes now. */
  isUrgent?: boolean
}

export interface DeliveryInput extends DeliveryRequest {
  destination: string
  /** Streams that fail are tried now, whatever their backoff: a person has asked. */
  retriesFailed?: boolean
}

/** What an activity did in its slice of the work, and what is left. */
export interface SliceResult {
  calls: number
  /** Rows that the ledger did not have before. */
  landed: number
  isDone: boolean
  /** Set where no further call may be made before a time. */
  wait: TimedWait | null
  /** Whether the slice may have brought what is to be delivered now. Workers of before did not tell. */
  hasNews?: boolean
  standing?: SyncStanding
}

/** A time by the worker's clock, and how far off it was then: Temporal's clock, by which timers run, may be another host's. */
export interface TimedWait extends Wait {
  forMs?: number
}

/** For whoever watches in the Temporal UI. */
export interface SyncStanding {
  callsThisMonth: number
  callsPerMonth: number
  /** Scans that the list has told of and that are not landed. */
  waitingScans: number
  /** No longer than since then. */
  waitingSinceMs: number | null
  /** That the worker's clock is wrong, in a sentence; null where it is not. */
  clock?: string | null
  /** What of the API fails at present; left out where nothing does. */
  failing?: FailingStanding
}

export interface FailingStanding {
  /** Codes with calls that fail. */
  codes: number
  /** Of all that fails, the soonest next try. */
  nextTryMs: number
  /** What fails as a whole: endpoints, or all of the API (null). */
  outages: { endpoint: string | null; sinceMs: number }[]
}

export interface DeliverySlice {
  delivered: number
  rejected: number
  isDone: boolean
  /** Set where rows are gathered until a time (by the worker's clock, and how far off it was then), to go together. */
  gatherUntilMs?: number
  gatherForMs?: number
  /** Streams that the destination does not take at present, in its order; left out where there are none. */
  failures?: StreamFailure[]
  /** When the first of them is tried again (by the worker's clock, and how far off it was then). */
  retryAtMs?: number
  retryForMs?: number
  standing?: DeliveryStanding
}

/** Why a destination does not take one of its streams; the others go on. */
export interface StreamFailure {
  stream: string
  /** The error's code; its name where it is a defect. */
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
  /** What the destination writes to, if that has changed: it was filled again from the first row then. */
  changedTo?: string
  changedFrom?: string
  changedAtMs?: number
}
