import { minuteWindowMs } from './windows.ts'

/** After this time without a refusal, the whole minute is ours again. */
const recoveryMs = 10 * minuteWindowMs

/** Where the API's minute is shared: the calls that were left for us, and when that was learned (epoch ms). */
export interface ReducedMinute {
  to: number
  atMs: number
}

/**
 * Calls that we may make in a minute now. After a decrease the number grows with every quiet minute, slowly at first, because
 * the other client may still be there, and reaches the whole limit after ten.
 */
export function callsPerMinuteAt(limit: number, reduced: ReducedMinute | null, nowMs: number): number {
  if (reduced === null || reduced.to >= limit) return limit
  const quietShare = Math.min(Math.max(nowMs - reduced.atMs, 0) / recoveryMs, 1)
  return Math.floor(reduced.to + (limit - reduced.to) * quietShare ** 2)
}

/** Even after many refusals we try at least this share of the minute: 2 calls on Pro, 20 on Advanced. */
const leastShare = 1 / 30

/**
 * What is left of the minute after a refusal: what the API has just taken from us, or half of what we tried, where that is
 * more.
 *
 * @param taken calls of ours that the API has accepted in the last minute
 */
export function afterRefusal(limit: number, current: number, taken: number): number {
  const least = Math.max(Math.ceil(limit * leastShare), 1)
  return Math.min(Math.max(Math.floor(current / 2), taken, least), Math.max(current - 1, 1))
}

/** Calls of a shared minute are spread over it: the time from one to the next. 0 where the minute is ours. */
export function paceMs(limit: number, current: number): number {
  return current >= limit ? 0 : Math.ceil(minuteWindowMs / current)
}
