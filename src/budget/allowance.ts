import type { Period } from './windows.ts'

/** Whose call it is: a person's (and what must not wait for the plan), the plan's, or history that could also come later. */
export type Claim = 'people' | 'plan' | 'history'

/** What the config file leaves us of an account's month. */
export interface Budget {
  /** Of the month's calls, the part that is ours to make, 0.01 to 1; what others do not use of theirs stays unused. */
  share: number
  /** Of our calls, the part that is kept for people, 0 to 0.5. */
  spare: number
}

export interface AllowanceInput extends Budget {
  perMonth: number
  /** Counted against the month: ours and others'. */
  calls: number
  others: number
  /** Of ours, those for history. */
  historyCalls: number
  period: Period
  nowMs: number
}

export interface Allowance {
  /** Calls of ours that are left, for planned and manual syncs. */
  left: number
  /** Calls that each claim must leave untouched. */
  keptBack: Record<Claim, number>
  /** Calls that the plan may count on until the month ends: what others are likely to spend is taken off. */
  forPlan: number
  /** Of these, the ones that it may make now: what is spared is only freed as the month goes by. */
  forPlanNow: number
  forHistory: number
  /** When the spare next frees a call for the plan. */
  nextReleaseMs: number
}

/** History takes no more than the plan keeps: half of what people and others leave. */
export const historyShare = 0.5

/** The calls of a month that are ours to make, all in all. */
export function ourCalls(perMonth: number, share: number): number {
  // 50,050 × 0.58 is 29,028.999… in floating point. A share has few decimals, so no true product is that close to the next call.
  return Math.floor(Number((perMonth * share).toFixed(6)))
}

/** What is left of our share; never more than the account has left. */
export function callsLeft(
  perMonth: number,
  share: number,
  { calls, others }: { calls: number; others: number },
): number {
  return Math.max(Math.min(perMonth - calls, ourCalls(perMonth, share) - (calls - others)), 0)
}

/**
 * Who may spend what of the month. The spare shrinks as the month goes by, and is nothing at its end: kept for people as
 * long as there are days on which they may want it, and never wasted.
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
  // As much a day as so far. But what came in one burst is no habit: half of what is left is ours to plan with.
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
