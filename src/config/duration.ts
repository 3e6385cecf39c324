import ms, { type StringValue } from 'ms'
import { z } from 'zod'

const durationRule = 'a time from 10 seconds to a year, such as 30s, 15m, 6h or 1d'

/** "15m", "6h", "1d" … to whole milliseconds. */
export const duration = z.string(durationRule).transform((text, context) => {
  const milliseconds = toMilliseconds(text, 10_000)
  if (milliseconds !== null) return milliseconds
  context.addIssue(durationRule)
  return z.NEVER
})

/** Null for what is no time, or one that is shorter or longer than a year. */
export function toMilliseconds(text: string, minMs: number): number | null {
  // ms() throws for a text that is empty or longer.
  if (text === '' || text.length > 100) return null
  const milliseconds = Math.round(ms(text as StringValue))
  return milliseconds >= minMs && milliseconds <= ms('1y') ? milliseconds : null
}
