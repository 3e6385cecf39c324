import ms, { type StringValue } from 'ms'
import { z } from 'zod'

/** Converts "15m", "6h", "1d" and so on to whole milliseconds. */
export const duration = durationFrom(10_000, 'a time from 10 seconds to a year, such as 30s, 15m, 6h or 1d')

/** @param rule what is allowed, in words */
export function durationFrom(minMs: number, rule: string) {
  return z.string(rule).transform((text, context) => {
    const milliseconds = toMilliseconds(text, minMs)
    if (milliseconds !== null) return milliseconds
    context.addIssue(rule)
    return z.NEVER
  })
}

/** Null for a text that is not a time, or for a time that is too short or longer than a year. */
export function toMilliseconds(text: string, minMs: number): number | null {
  // ms() throws for a text that is empty or longer.
  if (text === '' || text.length > 100) return null
  const milliseconds = Math.round(ms(text as StringValue))
  return milliseconds >= minMs && milliseconds <= ms('1y') ? milliseconds : null
}
