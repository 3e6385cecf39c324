import { z } from 'zod'
import { percent } from './percent.ts'

const share = percent(1, 100, "a share of the month's calls from 1% to 100%, such as 80%")
const spare = percent(0, 50, "a share of the month's calls from 0% to 50%, such as 5%")

export const budgetSettings = z
  .strictObject({
    share: share.prefault('100%').meta({
      description:
        "Of the account's calls in a month, the part that this connector may make, whoever asks for them. What others leave of the rest stays unused.",
      examples: ['80%'],
    }),
    spare: spare.prefault('5%').meta({
      description:
        'Of its calls, the part that is kept for people: a sync asked for, new codes. It shrinks as the month goes by.',
      examples: ['10%'],
    }),
  })
  .prefault({})
  .meta({ description: "How much of the account's month may be used, and what of it is kept back." })
