export const dayMs = 86_400_000

/** `2026-03-14T09:26:53.589Z` */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}

/** `2026-03-14`, the UTC day of a time. */
export function toDay(ms: number): string {
  return toTimestamp(ms).slice(0, 10)
}

/** `2026-03`, the UTC month of a time. */
export function toMonth(ms: number): string {
  return toTimestamp(ms).slice(0, 7)
}

export function startOfNextMonth(ms: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/**
 * Returns the first whole millisecond that is not before an RFC 3339 timestamp, or null for one that does not
 * exist, such as 30 February. Rounded up, so that a bound finer than a millisecond separates the right scans.
 */
export function parseTimestamp(text: string): number | null {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return null
  return /\.\d{3}\d*[1-9]/.test(text) ? ms + 1 : ms
}
