import ms from 'ms'
import { z } from 'zod'
import { destinationSchema } from './destinations.ts'
import { duration, toMilliseconds } from './duration.ts'
import { name } from './name.ts'
import { observability } from './observability.ts'

const postgresUrl = /^postgres(ql)?:/i

const ledger = z
  .strictObject({
    /** SQLite; a relative path starts at the config file's folder. */
    path: z
      .string()
      .min(1)
      .refine((path) => !postgresUrl.test(path), 'a file: the URL of a database stands in ledger.url')
      .optional(),
    /** PostgreSQL, for workers on several hosts. Its password is best written as `${…}`. */
    url: z
      .url({
        protocol: /^postgres(ql)?$/,
        error: 'the URL of a PostgreSQL database, such as postgres://USER:PASSWORD@HOST:5432/DATABASE',
      })
      .optional(),
  })
  .refine(
    ({ path, url }) => (path === undefined) !== (url === undefined),
    'one of path (a file) and url (a PostgreSQL database)',
  )

const spareRule = "a share of the month's calls from 0% to 50%, such as 5%"

/** "5%" to 0.05. */
const spare = z.string(spareRule).transform((text, context) => {
  const percent = /^\d{1,2}(\.\d{1,10})?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN
  if (percent <= 50) return percent / 100
  context.addIssue(spareRule)
  return z.NEVER
})

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
    match: z.string(matchRule).min(1, matchRule),
    freshness: freshness.optional(),
    priority: z.number(priorityRule).min(0.1, priorityRule).max(100, priorityRule).optional(),
  })
  .refine(
    ({ freshness, priority }) => (freshness === undefined) !== (priority === undefined),
    'either freshness (a scan is landed within this time) or priority (what a waiting scan counts for)',
  )
  .transform(({ match, freshness, priority }) => ({
    match,
    /** A scan of the code is landed within this time; null where the planner decides by value. */
    freshnessMs: freshness ?? null,
    /** What a waiting scan of the code counts for. */
    priority: priority ?? 1,
  }))

/** The config file, `qrsync.yaml`. Relative paths in it start at its own folder. */
export const configSchema = z.strictObject({
  /** Part of every name in the Temporal UI and of every row in the ledger. */
  connector: name,
  source: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).default('https://qrcodestack.com/api/v1'),
    /** For an account whose minute allows other than its plan; the month's limit is the API's to tell. */
    calls_per_minute: z.int().positive().optional(),
    /** Written as `${QRCS_API_KEY}`: the key itself has no place in a file. */
    key: z.string().regex(/^qrs_[0-9a-f]{64}$/, 'a key: qrs_ and 64 hexadecimal digits'),
  }),
  destinations: z
    .record(name, destinationSchema)
    .refine((destinations) => Object.keys(destinations).length > 0, 'at least one destination'),
  ledger: ledger.default({ path: '.qrsync/ledger.sqlite' }),
  schedule: z.strictObject({ every: duration }).default({ every: 15 * 60_000 }),
  budget: z
    .strictObject({
      /** Share of the month's calls, 0 to 0.5, that is kept for people: a sync asked for, new codes. */
      spare: spare.default(0.05),
    })
    .default({ spare: 0.05 }),
  /** Whether the analytics streams are synced. */
  analytics: z.boolean('true or false').default(true),
  /** The first entry that matches a code counts: see `settingsOf`. */
  codes: z.array(codeRule, 'a list, each entry with match and either freshness or priority').default([]),
  /** Left out: TEMPORAL_ADDRESS and its kin, else a development server of our own. */
  temporal: z
    .strictObject({ address: z.string().min(1), namespace: z.string().min(1).default('default') })
    .optional(),
  observability,
})

export interface Config extends Omit<z.output<typeof configSchema>, 'ledger'> {
  ledger: LedgerPlace
}

export interface LedgerPlace {
  /** A file, absolute, or the URL of a PostgreSQL database. */
  location: string
  /** Where lies on this machine what goes with the ledger; absolute. */
  folder: string
}

export type CodeRule = Config['codes'][number]

export type DestinationConfig = Config['destinations'][string]
