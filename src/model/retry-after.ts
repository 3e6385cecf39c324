import { delayMs, longestDelayMs, shortestDelayMs, type DelayMs } from './delay.ts'
import { parseHttpDate } from './http-date.ts'

/** The wait that a vendor's Retry-After asks for. */
export interface RetryAfter {
  delayMs: DelayMs
  /** What the vendor sent, if it is not a time to wait and `delayMs` is ours; null if `delayMs` is the vendor's. */
  odd: string | null
}

/** Used if the vendor named a time that cannot be right. */
const unclearMs = 60_000
/** A timestamp that is this old still means "now": the response took time, or two clocks differ. */
const justPassedMs = 24 * 3_600_000
/** A readable number without a clear meaning is shown; a longer text is cut. */
const shownLength = 30

/**
 * Reads how long a Retry-After asks to wait: seconds, an HTTP-date or, against the standard, a timestamp (epoch
 * seconds or ms), which is too large for a delay and close to now.
 *
 * @param header as it arrived; null and undefined if there is none
 * @param date the `Date` header of the same response: a time is compared with the server's own clock if the
 *   header is there, so that a wrong local clock neither shortens nor extends the wait
 * @param nowMs ms since 1970, used without a `Date` header
 * @returns null if there is none, or no readable one
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

/** Returns when to retry after a failure that is not a refusal: with the backoff if no usable time was named. */
export function retryAfterFailure(asked: RetryAfter | null): { afterMs: DelayMs } | 'backoff' {
  return asked === null || asked.delayMs <= shortestDelayMs ? 'backoff' : { afterMs: asked.delayMs }
}

/** For people: "HubSpot sent Retry-After 1795900000, which is no time to wait: it is tried in 60 s instead". */
export function oddRetryAfterText(sender: string, { odd, delayMs: ms }: RetryAfter): string | null {
  if (odd === null) return null
  return `${sender} sent "Retry-After: ${odd}", which is longer than any of its limits last, so qrsync waits ${ms / 1_000} s instead`
}
