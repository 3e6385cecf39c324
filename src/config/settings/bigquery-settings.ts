import { z } from 'zod'
import { duration } from './duration.ts'

const labelRule =
  'labels as Google Cloud takes them: lower-case letters, digits, "-" and "_", at most 63 of them, the first a letter'

const load = z
  .strictObject({
    rows: z
      .int()
      .min(100)
      .max(100_000)
      .prefault(10_000)
      .meta({ description: 'The most rows of a load, 100 to 100,000.', examples: [50_000] }),
    every: duration
      .prefault('5m')
      .meta({ description: 'Rows are gathered for this long, to go together.', examples: ['15m'] }),
  })
  .prefault({})
  .meta({ description: 'How rows are put together into loads.' })

export const bigquerySettings = z.strictObject({
  type: z.literal('bigquery').meta({ description: 'Google BigQuery.' }),
  project: z
    .string()
    .min(1)
    .meta({
      description: 'The Google Cloud project that owns the dataset and pays for the queries.',
      examples: ['acme-analytics'],
    }),
  dataset: z
    .string()
    .regex(/^\w{1,1024}$/, 'letters, digits and "_"')
    .meta({ description: 'The dataset; made when it is not there.', examples: ['qr_codes'] }),
  location: z
    .string()
    .min(1)
    .prefault('US')
    .meta({
      description: 'Where the dataset lies, as in `EU` or `europe-west3`; cannot be changed later.',
      examples: ['EU'],
    }),
  key_file: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "A service account's key file; left out: application default credentials.",
      examples: ['bigquery-key.json'],
    }),
  labels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, labelRule),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, labelRule),
    )
    .prefault({})
    .meta({
      description: 'Of the dataset, its tables and every job, so that costs can be told apart.',
      examples: [{ team: 'marketing' }],
    }),
  new_fields: z
    .enum(['json', 'columns'])
    .prefault('json')
    .meta({
      description:
        'Where a field goes that the API sends and qrsync does not know yet: into the column `extra` (`json`), or a column of its own (`columns`).',
      examples: ['columns'],
    }),
  load,
  api_endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        "In place of Google's: an emulator, or a private endpoint. No credentials are sent to one that begins with `http:`.",
      examples: ['https://bigquery.example.com'],
    }),
})
