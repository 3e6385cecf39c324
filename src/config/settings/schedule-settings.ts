import { z } from 'zod'
import { mistakeInCron } from './cron.ts'
import { duration, durationFrom } from '../values/duration.ts'
import { nearest } from '../nearest.ts'

const cronRule = 'five fields: minute, hour, day of the month, month and day of the week, as in "0 7 * * 1-5"'

const cron = z.string(cronRule).check((context) => {
  const mistake = mistakeInCron(context.value)
  if (mistake !== null) {
    context.issues.push({ code: 'custom', message: `${cronRule}; ${mistake}`, input: context.value })
  }
})

const zoneRule = 'the name of a time zone, such as Europe/Berlin or UTC'

const timeZone = z.string(zoneRule).transform((name, context) => {
  const zone = zoneOf(name)
  if (zone !== null) return zone
  const near = nearest(name, Intl.supportedValuesOf('timeZone'))
  context.addIssue(near === null ? zoneRule : `${zoneRule}; did you mean ${near}?`)
  return z.NEVER
})

/**
 * Returns the name in the spelling of the time zone database, which Temporal requires; offsets such as +01:00
 * have no name.
 */
function zoneOf(name: string): string | null {
  if (!/^[a-z]/i.test(name)) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return null
  }
}

export const scheduleSettings = z
  .strictObject({
    every: duration.optional().meta({
      description: 'The longest time between planner runs. The planner decides what to fetch, and when.',
      default: '15m',
      examples: ['1h'],
    }),
    cron: cron.optional().meta({
      description:
        'Instead of `every`: qrsync makes calls at these times only. Minute, hour, day of the month, month, day of the week; if you set both days, both must match.',
      examples: ['0 7 * * 1-5'],
    }),
    time_zone: timeZone.optional().meta({
      description: 'The time zone of `cron`.',
      default: 'UTC',
      examples: ['Europe/Berlin'],
    }),
    jitter: durationFrom(1_000, 'a time from 1 second to a year, such as 30s or 5m')
      .optional()
      .meta({
        description:
          'Each sync starts up to this much later, at random, so that many connectors do not start at the same time.',
        examples: ['2m'],
      }),
  })
  .refine(
    ({ every, cron }) => every === undefined || cron === undefined,
    'one of every (a time between syncs) and cron (the times themselves)',
  )
  .refine(({ cron, time_zone }) => time_zone === undefined || cron !== undefined, {
    error: 'needs cron: every has no time of day',
    path: ['time_zone'],
  })
  .transform(({ every, cron, time_zone, jitter }): ScheduleConfig => {
    const spread = jitter === undefined ? {} : { jitter }
    if (cron === undefined) return { every: every ?? 15 * 60_000, ...spread }
    return { cron, time_zone: time_zone ?? 'UTC', ...spread }
  })
  .prefault({})
  .meta({ description: 'When qrsync syncs.' })

/** When a connector syncs. */
export type ScheduleConfig = (
  | {
      /** Milliseconds between syncs. */
      every: number
      cron?: never
      time_zone?: never
    }
  | {
      every?: never
      /** Five fields. */
      cron: string
      time_zone: string
    }
) & {
  /** The longest delay of a sync's start, in milliseconds. */
  jitter?: number
}
