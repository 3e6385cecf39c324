import { dayMs } from '../../../model/durations.ts'
import { delayMs, type DelayMs } from '../../../model/delay.ts'
import { readRetryAfter, type RetryAfter } from '../../../model/retry-after.ts'
import type { CallWindow } from '../../call-pacer.ts'
import type { HubSpotAnswer } from './transport.ts'

/** After this time, a rolling limit of 10 seconds, or of a second for searches, has calls again. */
const pauseMs: Record<string, number> = { SECONDLY: 1_000, TEN_SECONDLY_ROLLING: 10_000 }

/** Used while the account's time zone is unknown, and with it the end of its day. */
const unknownDayMs = 3_600_000

/** Keeps the first call of the day from arriving before midnight by the vendor's clock. */
const midnightSlackMs = 1_000

/**
 * Returns how long to wait after a 429. HubSpot does not promise a Retry-After, but a given one counts.
 *
 * @param policyName `DAILY`, `TEN_SECONDLY_ROLLING`, `SECONDLY`, or '' if the response names none
 * @see https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
 */
export function rateLimitPauseMs(
  answer: HubSpotAnswer,
  policyName: string,
  timeZone: string | undefined,
  nowMs: number,
): DelayMs {
  const asked = retryAfterOf(answer, nowMs)
  if (asked !== null) return asked.delayMs
  if (policyName !== 'DAILY') return delayMs(pauseMs[policyName] ?? 10_000)
  return delayMs(timeZone === undefined ? unknownDayMs : msToMidnight(timeZone, nowMs) + midnightSlackMs)
}

/** Null if there is no readable one. */
export function retryAfterOf({ headers }: Pick<HubSpotAnswer, 'headers'>, nowMs: number): RetryAfter | null {
  return readRetryAfter(headers['retry-after']?.toString(), headers['date']?.toString(), nowMs)
}

/**
 * The daily limit restarts at midnight in the account's time zone. On days on which the clocks change, the
 * midnight of a day of 24 hours is off by an hour, so this computes it twice.
 */
export function msToMidnight(timeZone: string, nowMs: number): number {
  const guess = nowMs + dayMs - msSinceMidnight(timeZone, nowMs)
  const off = msSinceMidnight(timeZone, guess)
  return (off > dayMs / 2 ? guess + dayMs - off : guess - off) - nowMs
}

/** Returns the account's day at a time, as a window of calls; in UTC if its time zone is unknown. */
export function dayWindow(calls: number, timeZone: string | undefined, nowMs: number): CallWindow {
  const endMs = nowMs + msToMidnight(timeZone ?? 'UTC', nowMs) + midnightSlackMs
  // Identified by its end, because on days on which the clocks change its length differs.
  return { name: 'our day', windowMs: dayMs, calls, fromMs: endMs - dayMs }
}

function msSinceMidnight(timeZone: string, timeMs: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(timeMs)
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value)
  return ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1_000 + (timeMs % 1_000)
}
