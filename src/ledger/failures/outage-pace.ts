import { minuteMs, secondMs } from '../../model/durations.ts'

/**
 * How often a connector asks whether an outage is over. A look sends no key and costs nothing. A call costs one of the month's.
 */

/** Looks cost nothing, and recovery is to be seen within ten minutes. */
const longestLookMs = 8 * minuteMs
const longestCallMs = 75 * minuteMs

/** An edge that never answers without a key as the API does must not keep calls back for good. */
export const blindCallMs = 120 * minuteMs

/** So many calls of an outage may go as soon as a look finds the API back. */
export const promptCalls = 12

/** A bad second is over after five; then twice as long each time. */
export function callDelayMs(calls: number): number {
  const exactMs = calls === 0 ? 5 * secondMs : Math.min(minuteMs * 2 ** (calls - 1), longestCallMs)
  return Math.round(exactMs * (1 + Math.random() / 4))
}

export function lookDelayMs(looks: number): number {
  const exactMs = Math.min(5 * secondMs * 2 ** looks, longestLookMs)
  return Math.round(exactMs * (0.75 + Math.random() / 4))
}
