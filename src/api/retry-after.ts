import { parseHttpDate } from './http-date.ts'

/** The last instant that a `Date` can hold. */
const maxDateMs = 8_640_000_000_000_000

/**
 * How long a Retry-After asks to wait. Nothing is cut: the month's window can be four weeks away.
 *
 * @param retryAfter the header: whole seconds, or an HTTP-date.
 * @param date the `Date` header of the same answer: a date is held against the server's own clock where it tells it, so
 *   that a wrong clock here neither shortens nor prolongs the wait.
 * @param now ms since 1970, where there is no `Date` header.
 * @returns ms, 0 for a date that has passed, null for what cannot be read.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after
 */
export function parseRetryAfterMs(retryAfter: string, date: string | null, now: number): number | null {
  const text = retryAfter.trim()
  if (/^\d+$/.test(text)) {
    const afterMs = Number(text) * 1000
    return now + afterMs <= maxDateMs ? afterMs : null
  }
  const until = parseHttpDate(text, now)
  if (until === null) return null
  const serverNow = date === null ? null : parseHttpDate(date.trim(), now)
  return Math.max(0, until - (serverNow ?? now))
}
