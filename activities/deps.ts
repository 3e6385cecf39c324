import type { ApiClient } from '../src/source/client.ts'
import type { Budget } from '../src/budget/allowance.ts'
import type { RuleBooks } from '../src/budget/price/rule-books.ts'
import type { Destination } from '../src/destinations/destination.ts'
import type { CodeSettings } from '../src/ledger/codes/read-plan-input.ts'
import type { Ledger } from '../src/ledger/base/schema.ts'
import type { Observer } from './observer.ts'

/** The dependencies of activities; src/worker and tests compose them. */
export interface ActivityDeps {
  connector: string
  api: ApiClient
  /** Detects a changed key without storing the key. */
  keyFingerprint: string
  /** The plan whose limits apply, whatever /me returns; null if /me decides. */
  heldPlan: string | null
  /** The account's calls per minute, if they differ from its plan. */
  callsPerMinute: number | null
  /** The time limit of a call (`ApiClient`'s timeout). */
  callTimeoutMs: number
  ledger: Ledger
  /** Throws LEDGER_UNAVAILABLE if the disk may be too full to store the result of a call. */
  requireRoom(): Promise<void>
  /** By the name in the config file. */
  destinations: ReadonlyMap<string, Destination>
  /** Starts the delivery to a destination, or signals the running one. A manual sync's request is urgent. */
  signalDelivery(destination: string, isUrgent: boolean): Promise<void>
  /** The connector's share of the month's calls, and the part of it that is reserved for manual syncs. */
  budget: Budget
  /** How long the ledger keeps the list of calls (ms); undefined if for good. */
  keepCallsMs?: number | undefined
  /** Whether the analytics streams are synced. */
  hasAnalytics: boolean
  /** Null if all codes have the same settings. */
  settingsOf: CodeSettings | null
  /**
   * Returns by when the planner runs again if no call is worth it before a time (both epoch ms); null if the Schedule has no further
   * run.
   */
  dueMs: (untilMs: number, nowMs: number) => number | null
  rules: RuleBooks
  clock: Clock
  observer: Observer
  /** The running manual sync, by its first run's id: it retries failing targets, but only once. Null for the planner. */
  syncId?: string | null
}

/** The clock by which calls are counted and planned. A test's clock may run faster. */
export interface Clock {
  now: () => number
  sleep: (ms: number) => Promise<void>
}
