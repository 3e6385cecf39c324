import { z } from 'zod'
import { percent } from './percent.ts'

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
