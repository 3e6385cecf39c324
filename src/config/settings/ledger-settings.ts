import { z } from 'zod'
import { postgresUrl } from '../values/postgres-url.ts'

const postgresScheme = /^postgres(ql)?:/i

export const ledgerSettings = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .refine((path) => !postgresScheme.test(path), 'a file: the URL of a database belongs in ledger.url')
      .optional()
      .meta({
        description: 'An SQLite file.',
        default: '.qrsync/ledger.sqlite',
        examples: ['/var/lib/qrsync/ledger.sqlite'],
      }),
    url: postgresUrl('the URL of a PostgreSQL database, such as postgres://USER:PASSWORD@HOST:5432/DATABASE')
      .optional()
      .meta({
        description: 'Instead of `path`: a PostgreSQL database, for workers on several hosts.',
        examples: ['postgres://qrsync:${LEDGER_PASSWORD}@db.example.com:5432/qrsync?sslmode=verify-full'],
      }),
  })
  .refine(
    ({ path, url }) => (path === undefined) !== (url === undefined),
    'one of path (a file) and url (a PostgreSQL database)',
  )
  .prefault({ path: '.qrsync/ledger.sqlite' })
  .meta({ description: 'Where the ledger is stored: landed rows, every call, every cursor.' })
