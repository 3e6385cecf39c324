import { delayMs, longestDelayMs, shortestDelayMs, type DelayMs } from './delay.ts'
import { parseHttpDate } from './http-date.ts'

/** What a vendor's Retry-After asks for. */
export interface RetryAfter {
  delayMs: DelayMs
  /** What the vendor sent, where that is no time to wait for, and `delayMs` is ours; null where it is theirs. */
  odd: string | null
}

/** Where the vendor named a time that cannot be meant. */
const unclearMs = 60_000
/** So long ago, a timestamp still says "now": its answer was on the way, or two clocks differ. */
const justPassedMs = 24 * 3_600_000
/** A number that can be read, but not its meaning, is shown; of what is longer, the beginning. */
const shownLength = 30

/**
 * How long a Retry-After asks to wait, whoever sent it: seconds, an HTTP-date, or, against the standard, a timestamp (epoch
 * seconds or ms), which is told by being too long for a delay and close to now.
 *
 * @param header as it came; null and undefined where there is none
 * @param date the `Date` header of the same answer: a time is compared with the server's own clock where it tells it, so that
 *   a wrong clock here neither shortens nor prolongs the wait
 * @param nowMs ms since 1970, where there is no `Date` header
 * @returns null where there is none, or none that can be read
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
 */
export function readRetryAfter(
  header: string | null | undefined,
  date: string | null | undefined,
  nowMs: number,
): RetryAfter | null {
  const text = (header ?? '').trim()
  const serverNowMs = parseHttpDate((date ?? '').trim(), nowMs) ?? nowMs
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return ofNumber(text, serverNowMs)
  const untilMs = parseHttpDate(text, nowMs)
  return untilMs === null ? null : ofDelay(untilMs - serverNowMs, text)
}

function ofNumber(text: string, serverNowMs: number): RetryAfter {
  const seconds = Number(text)
  if (seconds * 1_000 <= longestDelayMs) return ofDelay(seconds * 1_000, text)
  const aheadMs = [seconds * 1_000, seconds].map((timeMs) => timeMs - serverNowMs).find(isCloseToNow)
  return ofDelay(aheadMs ?? Infinity, text)
}

function isCloseToNow(aheadMs: number): boolean {
  return aheadMs >= -justPassedMs && aheadMs <= longestDelayMs
}

function ofDelay(ms: number, text: string): RetryAfter {
  return ms <= longestDelayMs
    ? { delayMs: delayMs(ms), odd: null }
    : { delayMs: delayMs(unclearMs), odd: text.slice(0, shownLength) }
}

/** When to try again after a failure that is no refusal: who names no time, or none that is worth the name, is not hammered. */
export function retryAfterFailure(asked: RetryAfter | null): { afterMs: DelayMs } | 'backoff' {
  return asked === null || asked.delayMs <= shortestDelayMs ? 'backoff' : { afterMs: asked.delayMs }
}

/** For people: "HubSpot sent Retry-After 1795900000, which is no time to wait: it is tried in 60 s instead". */
export function oddRetryAfterText(sender: string, { odd, delayMs: ms }: RetryAfter): string | null {
  if (odd === null) return null
  return `${sender} sent "Retry-After: ${odd}", which is longer than any of its limits last, so qrsync waits ${ms / 1_000} s instead`
}
