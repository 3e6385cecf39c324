import { dayMs } from '../../../model/durations.ts'
import { delayMs, type DelayMs } from '../../../model/delay.ts'
import { readRetryAfter, type RetryAfter } from '../../../model/retry-after.ts'
import type { CallWindow } from '../../call-pacer.ts'
import type { HubSpotAnswer } from './transport.ts'

/** A limit a rolling 10 seconds, or a second for searches, is free again by then. */
const pauseMs: Record<string, number> = { SECONDLY: 1_000, TEN_SECONDLY_ROLLING: 10_000 }

/** Where the account's time zone is not known yet, and so not when its day ends. */
const unknownDayMs = 3_600_000

/** Keeps the first call of the day from coming before the vendor's clock has passed midnight. */
const midnightSlackMs = 1_000

/**
 * How long a 429 asks to wait. HubSpot does not promise a Retry-After, but one that comes counts.
 *
 * @param policyName `DAILY`, `TEN_SECONDLY_ROLLING`, `SECONDLY`, or '' where the answer names none
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

/** Null where there is none that can be read. */
export function retryAfterOf({ headers }: Pick<HubSpotAnswer, 'headers'>, nowMs: number): RetryAfter | null {
  return readRetryAfter(headers['retry-after']?.toString(), headers['date']?.toString(), nowMs)
}

/**
 * The daily limit begins anew at midnight in the time zone of the account. On the days on which the clocks change, the
 * midnight of a day of 24 hours is an hour off, hence the second look.
 */
export function msToMidnight(timeZone: string, nowMs: number): number {
  const guess = nowMs + dayMs - msSinceMidnight(timeZone, nowMs)
  const off = msSinceMidnight(timeZone, guess)
  return (off > dayMs / 2 ? guess + dayMs - off : guess - off) - nowMs
}

/** The account's day at a time, as a window of calls; UTC where its time zone is not known. */
export function dayWindow(calls: number, timeZone: string | undefined, nowMs: number): CallWindow {
  const endMs = nowMs + msToMidnight(timeZone ?? 'UTC', nowMs) + midnightSlackMs
  // Named by its end: on the days on which the clocks change, it is not exactly as long.
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
