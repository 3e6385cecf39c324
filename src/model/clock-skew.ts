import { minuteMs } from './durations.ts'

/** Answers are on their way for a while, and tell whole seconds: less than this says nothing. */
const toleranceMs = minuteMs

/** What is to be said of a worker's clock that is so far ahead of the API's (behind where negative); null where it is right. */
export function describeClockSkew(skewMs: number | null): string | null {
  if (skewMs === null || Math.abs(skewMs) < toleranceMs) return null
  const minutes = Math.round(Math.abs(skewMs) / minuteMs)
  return (
    `the worker's clock is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the API's: set it right (NTP). ` +
    'No row is lost; calls may wait longer than necessary.'
  )
}
