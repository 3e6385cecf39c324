import { allowanceOf, type Budget } from './allowance.ts'
import { minuteWindowMs, periodOf, type Period } from './windows.ts'

export interface BackfillInput extends Budget {
  /** Calls that the backfill still needs. */
  calls: number
  /** Calls that this month still allows for it. */
  forHistory: number
  perMinute: number
  perMonth: number
  /** Calls that others are likely to make in a month. */
  othersPerMonth: number
  period: Period
  /** A time at which the API's month starts again, if it is not a calendar month. */
  resetsAtMs: number | null
  nowMs: number
}

/**
 * Estimates when the backfill ends. It uses what this month allows at once, and then each coming month's part.
 *
 * @returns epoch ms, or null if no month has a call for it
 */
export function backfillEndsMs(input: BackfillInput): number | null {
  const { calls, forHistory, perMinute, period, resetsAtMs, nowMs } = input
  const takeMs = (some: number) => (some / perMinute) * minuteWindowMs
  if (calls <= forHistory) return Math.round(nowMs + takeMs(calls))
  let left = calls - forHistory
  for (let month = periodOf(period.endMs, resetsAtMs); ; month = periodOf(month.endMs, resetsAtMs)) {
    const most = monthOfHistory(input, month)
    if (most < 1) return null
    if (left <= most) return Math.round(month.startMs + takeMs(left))
    left -= most
  }
}

/** @returns history's part of a month in which only others spend calls */
function monthOfHistory(input: BackfillInput, period: Period): number {
  const { share, spare, perMonth, othersPerMonth } = input
  const others = Math.min(Math.round(othersPerMonth), perMonth)
  const whole = { share, spare, perMonth, period, nowMs: period.startMs }
  return allowanceOf({ ...whole, calls: others, others, historyCalls: 0 }).forHistory
}
