import type { ApiClient } from '../src/source/client.ts'
import type { Budget } from '../src/budget/allowance.ts'
import type { RuleBooks } from '../src/budget/price/rule-books.ts'
import type { Destination } from '../src/destinations/destination.ts'
import type { CodeSettings } from '../src/ledger/codes/read-plan-input.ts'
import type { Ledger } from '../src/ledger/base/schema.ts'
import type { Observer } from './observer.ts'

/** What activities work with; composed in src/worker, and by tests. */
export interface ActivityDeps {
  connector: string
  api: ApiClient
  /** Tells a changed key without knowing it. */
  keyFingerprint: string
  /** The plan whose limits hold, whatever /me tells; null where that decides. */
  heldPlan: string | null
  /** The account's calls per minute, if they differ from its plan. */
  callsPerMinute: number | null
  /** A call is given up after this time (`ApiClient`'s timeout). */
  callTimeoutMs: number
  ledger: Ledger
  /** Throws LEDGER_UNAVAILABLE where what a call brings may find no room. */
  requireRoom(): Promise<void>
  /** By the name in the config file. */
  destinations: ReadonlyMap<string, Destination>
  /** Starts the delivery to a destination, or tells the one under way that there is more; urgent where somebody waits. */
  signalDelivery(destination: string, isUrgent: boolean): Promise<void>
  /** What is ours of the month's calls, and of that what is kept for people. */
  budget: Budget
  /** Whether the analytics streams are synced. */
  hasAnalytics: boolean
  /** Null where all codes are alike. */
  settingsOf: CodeSettings | null
  /** The interval of the Schedule's runs; null where they have times of their own. */
  everyMs: number | null
  rules: RuleBooks
  clock: Clock
  observer: Observer
  /** The manual sync at work, by its first run's id: it tries again what fails, but only once. Null for the planner. */
  syncId?: string | null
}

/** The time by which calls are counted and planned; a test's may run faster. */
export interface Clock {
  now: () => number
  sleep: (ms: number) => Promise<void>
}
