import { minuteMs } from './durations.ts'

/** Responses need time to arrive, and name whole seconds, so a smaller difference means nothing. */
const toleranceMs = minuteMs

/** Describes a worker's clock that is this far ahead of the API's (negative: behind); null if it is right. */
export function describeClockSkew(skewMs: number | null): string | null {
  if (skewMs === null || Math.abs(skewMs) < toleranceMs) return null
  const minutes = Math.round(Math.abs(skewMs) / minuteMs)
  return (
    `the worker's clock is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the API's: set it right (NTP). ` +
    'No row is lost; calls may wait longer than necessary.'
  )
}
