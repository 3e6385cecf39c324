import { minuteWindowMs } from './windows.ts'

/** After this time without a refusal, the whole minute is ours again. */
const recoveryMs = 10 * minuteWindowMs

/** A minute that others share: the calls that were left for us, and when qrsync learned that (epoch ms). */
export interface ReducedMinute {
  to: number
  atMs: number
}

/**
 * Returns how many calls qrsync may make in a minute now. After a decrease, the number grows with every minute without a refusal:
 * slowly at first, because the other client may still be active, and to the whole limit after ten minutes.
 */
export function callsPerMinuteAt(limit: number, reduced: ReducedMinute | null, nowMs: number): number {
  if (reduced === null || reduced.to >= limit) return limit
  const quietShare = Math.min(Math.max(nowMs - reduced.atMs, 0) / recoveryMs, 1)
  return Math.floor(reduced.to + (limit - reduced.to) * quietShare ** 2)
}

/** Even after many refusals, qrsync uses at least this share of the minute: 2 calls on Pro, 20 on Advanced. */
const leastShare = 1 / 30

/**
 * Returns how many calls to make in a minute after a refusal: as many as the API has just accepted, or half of the current number,
 * whichever is more.
 *
 * @param taken calls of ours that the API has accepted in the last minute
 */
export function afterRefusal(limit: number, current: number, taken: number): number {
  const least = Math.max(Math.ceil(limit * leastShare), 1)
  return Math.min(Math.max(Math.floor(current / 2), taken, least), Math.max(current - 1, 1))
}

/** @returns the time from one call to the next (ms), which spreads calls over a shared minute; 0 if the whole minute is ours */
export function paceMs(limit: number, current: number): number {
  return current >= limit ? 0 : Math.ceil(minuteWindowMs / current)
}
