import type { Period } from './windows.ts'

/** Whose call it is: a person's (and what must not wait for the plan), the plan's, or history that could also come later. */
export type Claim = 'people' | 'plan' | 'history'

export interface AllowanceInput {
  perMonth: number
  /** Counted against the month: ours and others'. */
  calls: number
  others: number
  /** Of ours, those for history. */
  historyCalls: number
  /** Share of the month that is kept for people. */
  spare: number
  period: Period
  nowMs: number
}

export interface Allowance {
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

/**
 * Who may spend what of the month. The spare shrinks as the month goes by, and is nothing at its end: kept for people as
 * long as there are days on which they may want it, and never wasted.
 */
export function allowanceOf(input: AllowanceInput): Allowance {
  const { perMonth, calls, others, historyCalls, period, nowMs } = input
  const lengthMs = period.endMs - period.startMs
  const leftShare = Math.min(Math.max((period.endMs - nowMs) / lengthMs, 0), 1)
  const spare = Math.floor(perMonth * input.spare * leftShare)
  const elapsedShare = Math.max(1 - leftShare, 1 / 30)
  const left = Math.max(perMonth - calls, 0)
  // As much a day as so far. But what came in one burst is no habit: half of what is left is ours to plan with.
  const othersToCome = Math.min(Math.round((others / elapsedShare) * leftShare), Math.floor(left / 2))
  const historyMost = Math.floor((perMonth - spare - (calls - historyCalls)) * historyShare)
  const forHistory = Math.max(historyMost - historyCalls, 0)
  return {
    keptBack: { people: 0, plan: spare, history: Math.max(left - forHistory, spare) },
    forPlan: Math.max(left - othersToCome, 0),
    forPlanNow: Math.max(left - spare, 0),
    forHistory,
    nextReleaseMs:
      spare === 0 ? period.endMs : Math.min(nowMs + lengthMs / (perMonth * input.spare), period.endMs),
  }
}
