import { minuteMs, secondMs } from '../../model/durations.ts'

/**
 * How often a connector checks whether an outage is over. A check ("look") sends no key and costs no call. A call costs one of
 * the month's calls.
 */

/** The longest time between checks. They cost no call, and qrsync should notice a recovery within ten minutes. */
const longestLookMs = 8 * minuteMs
const longestCallMs = 75 * minuteMs

/** The time between calls if no check succeeds. A proxy that never answers requests without a key like the API must not block calls forever. */
export const blindCallMs = 120 * minuteMs

/** The number of calls in an outage that may be made as soon as a check finds the API back. */
export const promptCalls = 12

/** Five seconds at first, because a short fault is over by then. Then one minute, doubling each time. */
export function callDelayMs(calls: number): number {
  const exactMs = calls === 0 ? 5 * secondMs : Math.min(minuteMs * 2 ** (calls - 1), longestCallMs)
  return Math.round(exactMs * (1 + Math.random() / 4))
}

export function lookDelayMs(looks: number): number {
  const exactMs = Math.min(5 * secondMs * 2 ** looks, longestLookMs)
  return Math.round(exactMs * (0.75 + Math.random() / 4))
}
