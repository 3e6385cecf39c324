import { z } from 'zod'
import { webUrl } from '../../config/values/web-url.ts'
import { duration } from '../../config/values/duration.ts'
import { streamNames } from '../../streams/streams.ts'

const labelRule =
  'labels as Google Cloud allows them: lower-case letters, digits, "-" and "_", at most 63 of them, the first a letter'

const load = z
  .strictObject({
    rows: z
      .int()
      .min(100)
      .max(100_000)
      .prefault(10_000)
      .meta({ description: 'The maximum number of rows per load, 100 to 100,000.', examples: [50_000] }),
    every: duration.prefault('5m').meta({
      description: 'qrsync collects rows for this long, and loads them together.',
      examples: ['15m'],
    }),
  })
  .prefault({})
  .meta({ description: 'How qrsync batches rows into loads.' })

export const bigquerySettings = z.strictObject({
  type: z.literal('bigquery').meta({ description: 'Google BigQuery.' }),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.:-]*$/i, 'the id of a Google Cloud project, such as acme-analytics')
    .meta({
      description: 'The Google Cloud project that owns the dataset and pays for the queries.',
      examples: ['acme-analytics'],
    }),
  dataset: z
    .string()
    .regex(/^\w{1,1024}$/, 'letters, digits and "_"')
    .meta({ description: 'The dataset; qrsync creates it if it does not exist.', examples: ['qr_codes'] }),
  location: z
    .string()
    .min(1)
    .prefault('US')
    .meta({
      description: "The dataset's location, such as `EU` or `europe-west3`; cannot be changed later.",
      examples: ['EU'],
    }),
  key_file: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "A service account's key file. Default: application default credentials.",
      examples: ['bigquery-key.json'],
    }),
  labels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, labelRule),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, labelRule),
    )
    .prefault({})
    .meta({
      description: 'Labels of the dataset, its tables and every job, so that you can attribute costs.',
      examples: [{ team: 'marketing' }],
    }),
  new_fields: z
    .enum(['json', 'columns'])
    .prefault('json')
    .meta({
      description:
        'Where qrsync puts a field of the API that it does not know yet: into the column `extra` (`json`), or a column of its own (`columns`).',
      examples: ['columns'],
    }),
  load,
  api_endpoint: webUrl()
    .optional()
    .meta({
      description:
        "An emulator or private endpoint instead of Google's. qrsync sends no credentials to an address that begins with `http:`.",
      examples: ['https://bigquery.example.com'],
    }),
})

export type BigQuerySettings = z.output<typeof bigquerySettings>

/** Accepts every stream. A load costs the same for few rows as for many, so rows are gathered. */
export function takesOf({ load }: BigQuerySettings) {
  return { streams: streamNames, gatherMs: load.every }
}
