import { z } from 'zod'

/**
 * "5%" to 0.05.
 *
 * @param rule what is allowed, in words
 */
export function percent(min: number, max: number, rule: string) {
  return z.string(rule).transform((text, context) => {
    const percentage = /^\d{1,3}(\.\d{1,10})?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN
    if (percentage >= min && percentage <= max) return percentage / 100
    context.addIssue(rule)
    return z.NEVER
  })
}
