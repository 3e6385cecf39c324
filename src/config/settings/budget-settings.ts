import { z } from 'zod'

const share = percent(1, 100, "a share of the month's calls from 1% to 100%, such as 80%")
const spare = percent(0, 50, "a share of the month's calls from 0% to 50%, such as 5%")

export const budgetSettings = z
  .strictObject({
    share: share.prefault('100%').meta({
      description:
        "The share of the account's monthly calls that this connector may make, planned and manual. It leaves the rest to others, even if they do not use it.",
      examples: ['80%'],
    }),
    spare: spare.prefault('5%').meta({
      description:
        'The share of these calls that is reserved for manual syncs and new codes. It shrinks during the month.',
      examples: ['10%'],
    }),
  })
  .prefault({})
  .meta({ description: "How much of the account's monthly calls qrsync may use, and how much it reserves." })

/**
 * Converts "5%" to 0.05.
 *
 * @param rule what is allowed, in words
 */
function percent(min: number, max: number, rule: string) {
  return z.string(rule).transform((text, context) => {
    const percentage = /^\d{1,3}(\.\d{1,10})?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN
    if (percentage >= min && percentage <= max) return percentage / 100
    context.addIssue(rule)
    return z.NEVER
  })
}
