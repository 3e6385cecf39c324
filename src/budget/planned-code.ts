import type { Offer } from './price/price.ts'
import { stepOfPrice } from './price/rule-book.ts'

/** The planner's input for one code. */
export interface PlannedCode {
  id: string
  ratePerHour: number
  /** Scans that are known and have not landed. */
  pending: number
  /** When the list or a fetch last reported them (epoch ms). Later scans are only expected. */
  asOfMs: number
  /** When no scan was known to be waiting, the last time (epoch ms). */
  emptyAtMs: number
  /** Whether the waiting scans are from before the connector was set up. They use the calls that fresh scans leave, shortest history first. */
  isHistory: boolean
  /** Waiting scans of the history, if it has its own cursor besides that of new scans; otherwise null. */
  history: number | null
  /** The weight of a waiting scan of this code; 1 by default. */
  priority: number
  /** The code's freshness target: a scan should land within this time, and need not land sooner. Null if it has none. */
  targetMs: number | null
  /** Scans since the last analytics; null if analytics are not synced. */
  scansSinceAnalytics: number | null
  /** Late scans: the API counts them, but they arrived below the cursor. `sinceMs` is when qrsync noticed. Null if there are none. */
  gap: { scans: number; sinceMs: number; calls: number } | null
  /** No call of a kind is made before its time here (epoch ms), because the last such call failed. */
  heldUntilMs?: Record<CodeCallKind, number>
}

export type CodeCallKind = 'scans' | 'history' | 'analytics' | 'gap'

export interface PlanInput {
  nowMs: number
  /** Calls that may be planned until the period ends. */
  callsLeft: number
  /** How many of them may be made now. */
  callsNow: number
  /** How many of them history may use. */
  historyCallsLeft: number
  /** Calls per hour that are needed in any case (/me, the catalogue). */
  fixedCallsPerHour: number
  periodEndsMs: number
  codes: readonly PlannedCode[]
  list: {
    /** Calls for a pass over all codes. */
    pages: number
    /** Whether a pass need only read the codes that were scanned since the last one. */
    isSorted: boolean
    /** Whether the list shows which codes have new scans. */
    tells: boolean
    /** When the last pass was made; null before the first. */
    listedAtMs: number | null
    /** No pass is made before this time (epoch ms), because the last one failed. */
    heldUntilMs?: number
  }
  /** The price step of the previous plan. The price seldom changes much. */
  lastPriceStep: number | undefined
}

export type PlannedCall = { kind: 'list' } | { kind: CodeCallKind; qrCodeId: string; value: number }

export interface Plan {
  /** The calls that are worth making now, the most valuable first. */
  calls: PlannedCall[]
  /** When another call may be worth making. */
  nextLookMs: number
  /** The price of a call, as a step: scans times hours of waiting. */
  priceStep: number
  offer: Offer
  /** The factor by which freshness targets are stretched to fit the remaining calls; 1 if they fit, or if no call is left. */
  stretch: number
}

/** Analytics repeat what the scans show, so a scan that waits for analytics has only this weight of a scan that waits to land. */
const analyticsWeight = 0.02
export const analyticsWeightStep = stepOfPrice(analyticsWeight)
export const weightStepOf = (priority: number) => (priority === 1 ? 0 : stepOfPrice(priority))

/**
 * Returns how many scans from before the connector was set up have not landed; null if there are none.
 *
 * @param isTold whether the list shows which codes have scans. If not, only a call for the scans shows whether there are any
 */
export function historyOf({ isHistory, history, pending }: PlannedCode, isTold: boolean): number | null {
  if (history !== null) return history
  return isHistory && (pending > 0 || !isTold) ? pending : null
}
