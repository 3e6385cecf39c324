import { z } from 'zod'
import { dayMs } from '../../model/durations.ts'
import { durationFrom } from '../values/duration.ts'
import { postgresUrl } from '../values/postgres-url.ts'

const postgresScheme = /^postgres(ql)?:/i

export const defaultPath = '.qrsync/ledger.sqlite'

export const ledgerSettings = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .refine((path) => !postgresScheme.test(path), 'a file: the URL of a database belongs in ledger.url')
      .optional()
      .meta({
        description: 'An SQLite file.',
        default: defaultPath,
        examples: ['/var/lib/qrsync/ledger.sqlite'],
      }),
    url: postgresUrl('the URL of a PostgreSQL database, such as postgres://USER:PASSWORD@HOST:5432/DATABASE')
      .optional()
      .meta({
        description: 'Instead of `path`: a PostgreSQL database, for workers on several hosts.',
        examples: ['postgres://qrsync:${LEDGER_PASSWORD}@db.example.com:5432/qrsync?sslmode=verify-full'],
      }),
    keep: z
      .strictObject({
        calls: durationFrom(62 * dayMs, 'a time from 62 days to a year, such as 90d or 1y')
          .optional()
          .meta({
            description:
              'How long the ledger keeps the list of calls to the API. Default: for good. The budget never needs calls of earlier months; `usage` and `logs` no longer show older ones. Rows are always kept.',
            examples: ['90d'],
          }),
      })
      .optional(),
  })
  .refine(
    ({ path, url, keep }) =>
      url === undefined ? path !== undefined || keep !== undefined : path === undefined,
    'one of path (a file) and url (a PostgreSQL database)',
  )
  .prefault({ path: defaultPath })
  .meta({ description: 'Where the ledger is stored: landed rows, every call, every cursor.' })
