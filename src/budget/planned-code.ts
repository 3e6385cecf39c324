import type { Offer } from './price/price.ts'
import { stepOfPrice } from './price/rule-book.ts'

/** A code as the planner sees it. */
export interface PlannedCode {
  id: string
  ratePerHour: number
  /** Scans that are known and not landed … */
  pending: number
  /** … as of this time, when the list or a fetch has told last. What came since is only expected. */
  asOfMs: number
  /** When it was last known that nothing waited. */
  emptyAtMs: number
  /** What waits is from before we knew it. It is fetched from what freshness leaves, the shortest first. */
  isHistory: boolean
  /** Scans from before we knew it that are read with a cursor of their own, beside what waits; null without one. */
  history: number | null
  /** What a waiting scan of this code counts for; 1 by default. */
  priority: number
  /** A scan is to be landed within this time, and need not be sooner; null leaves it to its value. */
  targetMs: number | null
  /** Scans since the last analytics; null where analytics are not wanted or were never asked for without a scan. */
  scansSinceAnalytics: number | null
  /** Scans that the API counts and that came below the cursor, and since when we know; null without any. */
  gap: { scans: number; sinceMs: number; calls: number } | null
  /** Before these times (epoch ms) a call of the kind is not made, whatever it is worth: its last one failed. */
  heldUntilMs?: Record<CodeCallKind, number>
}

export type CodeCallKind = 'scans' | 'history' | 'analytics' | 'gap'

export interface PlanInput {
  nowMs: number
  /** Calls that may be planned until the period ends … */
  callsLeft: number
  /** … that may be made already now … */
  callsNow: number
  /** … and of which history may take so many. */
  historyCallsLeft: number
  /** Calls an hour that go for other things in any case (/me, the catalogue). */
  fixedCallsPerHour: number
  periodEndsMs: number
  codes: readonly PlannedCode[]
  list: {
    /** Calls for a pass over all codes. */
    pages: number
    /** Whether a pass need only read the codes that were scanned since the last one. */
    isSorted: boolean
    /** Whether it tells which codes have new scans. */
    tells: boolean
    /** When the last pass was made; null before the first. */
    listedAtMs: number | null
    /** No pass before then (epoch ms): the last one failed. */
    heldUntilMs?: number
  }
  /** Of the plan before; the price seldom moves far. */
  lastPriceStep: number | undefined
}

export type PlannedCall = { kind: 'list' } | { kind: CodeCallKind; qrCodeId: string; value: number }

export interface Plan {
  /** Worth a call now, the most valuable first. */
  calls: PlannedCall[]
  /** When another call may be worth making. */
  nextLookMs: number
  /** What a call is worth: scans times hours of waiting. */
  priceStep: number
  offer: Offer
  /** What freshness targets had to be stretched by to fit the calls that are left; 1 where they fit, or none is left. */
  stretch: number
}

/** Analytics repeat what the scans tell: a scan that waits for them counts for this much of one that waits to be landed. */
const analyticsWeight = 0.02
export const analyticsWeightStep = stepOfPrice(analyticsWeight)
export const weightStepOf = (priority: number) => (priority === 1 ? 0 : stepOfPrice(priority))

/**
 * Scans of a code from before we knew it that are not landed; null where there are none.
 *
 * @param isTold whether the list tells which codes have scans: else whether there are any is only known once it is asked for
 */
export function historyOf({ isHistory, history, pending }: PlannedCode, isTold: boolean): number | null {
  if (history !== null) return history
  return isHistory && (pending > 0 || !isTold) ? pending : null
}
