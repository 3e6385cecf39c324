import type { Period } from './windows.ts'

/** What a call is for: `people` (a manual sync, and calls that must not wait for the plan), `plan`, or `history`, which can wait. */
export type Claim = 'people' | 'plan' | 'history'

/** The part of an account's month that the config file gives to this connector. */
export interface Budget {
  /** The part of the month's calls that this connector may make, 0.01 to 1. It leaves the rest to others, even if they do not use it. */
  share: number
  /** The part of our calls that is reserved for manual syncs, 0 to 0.5. */
  spare: number
}

export interface AllowanceInput extends Budget {
  perMonth: number
  /** Calls counted against the month: ours and others'. */
  calls: number
  others: number
  /** How many of our calls were for history. */
  historyCalls: number
  period: Period
  nowMs: number
}

export interface Allowance {
  /** Our remaining calls, for planned and manual syncs together. */
  left: number
  /** How many calls each claim must leave unspent. */
  keptBack: Record<Claim, number>
  /** Calls that the plan may expect to have until the month ends, less those that others are likely to make. */
  forPlan: number
  /** How many of them the plan may make now. The spare is released gradually until the month ends. */
  forPlanNow: number
  forHistory: number
  /** When the spare next frees a call for the plan. */
  nextReleaseMs: number
}

/** The part of the planned calls that history may use. */
export const historyShare = 0.5

/** @returns how many of a month's calls this connector may make in total */
export function ourCalls(perMonth: number, share: number): number {
  // 50,050 × 0.58 is 29,028.999… in floating point. A share has few decimals, so no true product is that close to the next call.
  return Math.floor(Number((perMonth * share).toFixed(6)))
}

/** @returns the remaining calls of our share, and never more than the account has left */
export function callsLeft(
  perMonth: number,
  share: number,
  { calls, others }: { calls: number; others: number },
): number {
  return Math.max(Math.min(perMonth - calls, ourCalls(perMonth, share) - (calls - others)), 0)
}

/**
 * Divides the month's remaining calls. The spare for manual syncs shrinks as the month passes, and is 0 at its end, so that it
 * covers the remaining days and no call is wasted.
 */
export function allowanceOf(input: AllowanceInput): Allowance {
  const { perMonth, share, calls, others, historyCalls, period, nowMs } = input
  const lengthMs = period.endMs - period.startMs
  const leftShare = Math.min(Math.max((period.endMs - nowMs) / lengthMs, 0), 1)
  const ours = ourCalls(perMonth, share)
  const spare = Math.floor(ours * input.spare * leftShare)
  const elapsedShare = Math.max(1 - leftShare, 1 / 30)
  const left = callsLeft(perMonth, share, input)
  const accountLeft = Math.max(perMonth - calls, 0)
  // Others probably continue at their rate so far. But a single burst is no habit, so at least half of the rest is ours to plan.
  const othersToCome = Math.min(Math.round((others / elapsedShare) * leftShare), Math.floor(accountLeft / 2))
  const leftBeforeHistory = callsLeft(perMonth, share, { calls: calls - historyCalls, others })
  const historyMost = Math.floor((leftBeforeHistory - spare) * historyShare)
  const forHistory = Math.max(historyMost - historyCalls, 0)
  return {
    left,
    keptBack: { people: 0, plan: spare, history: Math.max(left - forHistory, spare) },
    forPlan: Math.max(Math.min(left, accountLeft - othersToCome), 0),
    forPlanNow: Math.max(left - spare, 0),
    forHistory,
    nextReleaseMs:
      spare === 0 ? period.endMs : Math.min(nowMs + lengthMs / (ours * input.spare), period.endMs),
  }
}
