import ms from 'ms'
import { z } from 'zod'
import { toMilliseconds } from '../values/duration.ts'

const freshnessWords = new Map([
  ['hourly', ms('1h')],
  ['daily', ms('1d')],
  ['weekly', ms('1w')],
])
const freshnessRule = 'a time from 1 minute to a year, such as 15m or 6h, or one of hourly, daily and weekly'

const freshness = z.string(freshnessRule).transform((text, context) => {
  const milliseconds = freshnessWords.get(text) ?? toMilliseconds(text, 60_000)
  if (milliseconds !== null) return milliseconds
  context.addIssue(freshnessRule)
  return z.NEVER
})

const matchRule = 'the id of a code, or its name with * for any text; in quotes'
const priorityRule = 'a number from 0.1 to 100'

const codeRule = z
  .strictObject({
    match: z
      .string(matchRule)
      .min(1, matchRule)
      .meta({
        description: "A code's id, or its name with `*` for any text; case does not matter in names.",
        examples: ['Summer *'],
      }),
    freshness: freshness.optional().meta({
      description:
        "The code's scans land within this time: `15m`, `6h`, or `hourly`, `daily`, `weekly`. `qrsync plan` reports targets that the calls do not allow.",
      examples: ['15m'],
    }),
    priority: z
      .number(priorityRule)
      .min(0.1, priorityRule)
      .max(100, priorityRule)
      .optional()
      .meta({
        description:
          'Instead of `freshness`: the weight of a waiting scan of this code. Other codes have the weight 1.',
        examples: [5],
      }),
  })
  .refine(
    ({ freshness, priority }) => (freshness === undefined) !== (priority === undefined),
    'either freshness (scans land within this time) or priority (the weight of a waiting scan)',
  )
  .transform(({ match, freshness, priority }) => ({
    match,
    /** The target: a scan of the code lands within this time. Null if the planner decides by value. */
    freshnessMs: freshness ?? null,
    /** The weight of a waiting scan of the code. */
    priority: priority ?? 1,
  }))

/** The first entry that matches a code applies: see `settingsOf`. */
export const codeRules = z
  .array(codeRule, 'a list, each entry with match and either freshness or priority')
  .prefault([])
  .meta({ description: 'Codes with special rules; the first entry that matches a code applies.' })
