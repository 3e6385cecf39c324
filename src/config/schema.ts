import ms, { type StringValue } from 'ms'
import { z } from 'zod'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, "-" and "_", at most 63 of them')

const durationRule = 'a time from 10 seconds to a year, such as 30s, 15m, 6h or 1d'

/** "15m", "6h", "1d" … to whole milliseconds. */
const duration = z.string(durationRule).transform((text, context) => {
  // ms() throws for a text that is empty or longer.
  const milliseconds = text === '' || text.length > 100 ? Number.NaN : Math.round(ms(text as StringValue))
  if (milliseconds >= 10_000 && milliseconds <= ms('1y')) return milliseconds
  context.addIssue(durationRule)
  return z.NEVER
})

const duckdb = z.strictObject({
  type: z.literal('duckdb'),
  /** The file; a relative path starts at the config file's folder. */
  path: z.string().min(1),
})

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
    .record(name, z.discriminatedUnion('type', [duckdb]))
    .refine((destinations) => Object.keys(destinations).length > 0, 'at least one destination'),
  ledger: ledger.default({ path: '.qrsync/ledger.sqlite' }),
  schedule: z.strictObject({ every: duration }).default({ every: 15 * 60_000 }),
  /** Left out: TEMPORAL_ADDRESS and its kin, else a development server of our own. */
  temporal: z
    .strictObject({ address: z.string().min(1), namespace: z.string().min(1).default('default') })
    .optional(),
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

export type DestinationConfig = Config['destinations'][string]
