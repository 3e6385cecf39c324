/** RFC 3339 in UTC, with milliseconds. */
export const toTime = (ms: number): string => new Date(ms).toISOString()

export const toTimeOrNull = (ms: number | null): string | null => (ms === null ? null : toTime(ms))
