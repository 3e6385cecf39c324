import { z } from 'zod'
import { duration } from './duration.ts'

const duckdb = z.strictObject({
  type: z.literal('duckdb'),
  /** The file; a relative path starts at the config file's folder. */
  path: z.string().min(1),
})

const labelRule =
  'labels as Google Cloud takes them: lower-case letters, digits, "-" and "_", at most 63 of them, the first a letter'

const bigquery = z.strictObject({
  type: z.literal('bigquery'),
  /** The Google Cloud project that owns the dataset and pays for the queries. */
  project: z.string().min(1),
  /** Made when it is not there. */
  dataset: z.string().regex(/^\w{1,1024}$/, 'letters, digits and "_"'),
  /** Where the dataset lies, as in `EU` or `europe-west3`; cannot be changed later. */
  location: z.string().min(1).default('US'),
  /** A service account's key; left out: application default credentials. A relative path starts at the config file's folder. */
  key_file: z.string().min(1).optional(),
  /** Of the dataset, its tables and every job, so that costs can be told apart. */
  labels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, labelRule),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, labelRule),
    )
    .default({}),
  /** Where a field goes that the API sends and qrsync does not know yet: into the column `extra`, or a column of its own. */
  new_fields: z.enum(['json', 'columns']).default('json'),
  /** Rows are gathered for `every`, then go in loads of at most `rows`. */
  load: z
    .strictObject({
      rows: z.int().min(100).max(100_000).default(10_000),
      every: duration.default(5 * 60_000),
    })
    .default({ rows: 10_000, every: 5 * 60_000 }),
  /** In place of Google's: an emulator, or a private endpoint. No credentials are sent to one that begins with `http:`. */
  api_endpoint: z.url({ protocol: /^https?$/ }).optional(),
})

const objectRule = 'the name of a CRM object, such as qr_code, companies, deals or products'
const objectName = z.string(objectRule).regex(/^[A-Za-z0-9_-]{1,100}$/, objectRule)
const propertyRule = 'the internal name of a HubSpot property: lower-case letters, digits and "_"'

const link = z
  .strictObject({
    /** The object whose records are found, such as contacts or companies. */
    object: objectName,
    /** The property by which they are found, such as email or domain. */
    property: z.string(propertyRule).regex(/^[a-z][a-z0-9_]{0,99}$/, propertyRule),
    /** The parameter of a code's destination URL that holds its value … */
    parameter: z.string().min(1).optional(),
    /** … or the field of the code that does. */
    field: z.string().min(1).optional(),
  })
  .refine(
    ({ parameter, field }) => (parameter === undefined) !== (field === undefined),
    "one of parameter (of a code's destination URL) and field (of the code)",
  )

const urlRule = 'an address that begins with https: (the token goes there); http: only on this machine'

const hubspot = z
  .strictObject({
    type: z.literal('hubspot'),
    /** A service key or a private app's token, written as `${HUBSPOT_TOKEN}`: it has no place in a file. */
    token: z.string().regex(/^[\x21-\x7e]+$/, 'a token: no spaces or line breaks'),
    /** Left out but for tests: HubSpot has one address for all accounts. */
    url: z
      .url({ protocol: /^https?$/, error: urlRule })
      .refine((url) => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$))/.test(url), urlRule)
      .default('https://api.hubapi.com'),
    /** What a code becomes: the custom object `qr_code`, made where the account has custom objects, or an object it has. */
    object: objectName.default('qr_code'),
    /** Whether each scan becomes a record too: of the custom object `qr_scan`, associated with its code. */
    scans: z.boolean('true or false').default(false),
    link: z
      .array(link)
      .refine(
        (rules) => new Set(rules.map(({ object }) => object)).size === rules.length,
        'one rule an object: two would write the same properties of its records',
      )
      .default([]),
    /** Of the service key or app: 100 for Free and Starter, 190 for Professional and Enterprise. */
    calls_per_10_seconds: z.int().min(1).max(1_000).default(100),
  })
  .refine(({ object, link }) => link.every((rule) => rule.object !== object), {
    error:
      'an object other than the one that codes become: both would write the same properties of its records',
    path: ['link'],
  })

export const destinationSchema = z.discriminatedUnion('type', [duckdb, bigquery, hubspot])

type Given<Schema extends z.ZodType> = z.output<Schema>
export type DuckDbConfig = Given<typeof duckdb>
export type BigQueryConfig = Given<typeof bigquery>
export type HubSpotConfig = Given<typeof hubspot>
