import { z } from 'zod'
import { postgresUrl } from '../../config/values/postgres-url.ts'
import { streamNames } from '../../streams/streams.ts'

export const postgresSettings = z.strictObject({
  type: z.literal('postgres').meta({ description: 'A PostgreSQL database.' }),
  database_url: postgresUrl('an address that begins with postgres:, with user, host and database').meta({
    description:
      'The database, with user and password. Its `sslmode` says whether the connection is encrypted, as in libpq; without one it is not.',
    examples: ['postgres://qrsync:secret@db.example.com/analytics?sslmode=verify-full'],
  }),
  schema: z
    .string()
    .min(1)
    .max(63)
    .prefault('qrsync')
    .meta({
      description: 'The schema of the tables and views; qrsync creates it if it does not exist.',
      examples: ['qr_codes'],
    }),
})

export type PostgresSettings = z.output<typeof postgresSettings>

/** A database accepts every stream, without gathering. */
export const takes = { streams: streamNames, gatherMs: 0 }

/** Names the database and schema, without user and password. */
export function placeOf({ database_url: url, schema }: PostgresSettings): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}, schema ${schema}`
}
