import type { Period } from './windows.ts'

export interface PaceInput {
  perMonth: number
  /** Calls made for history. */
  historyCalls: number
  period: Period
  nowMs: number
}

/**
 * Calls of a month that a plan will have spent by a time. History is taken at once, as far as the plan allows it; what that
 * leaves is spread evenly over the month.
 */
export function plannedByNow({ perMonth, historyCalls, period, nowMs }: PaceInput): number {
  const elapsed = (nowMs - period.startMs) / (period.endMs - period.startMs)
  const history = Math.min(historyCalls, perMonth)
  return history + (perMonth - history) * Math.min(Math.max(elapsed, 0), 1)
}
