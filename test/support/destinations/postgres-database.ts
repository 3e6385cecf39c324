import pg from 'pg'
import { createPostgresDestination } from '../../../src/destinations/postgres/postgres-destination.ts'
import { withUpsert, type Upserting } from './with-upsert.ts'

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
// A day, not the midnight of some time zone.
types.setTypeParser(pg.types.builtins.DATE, String)

/** The result of the last of some statements, as another client sees it: times as in `Date.toISOString`. */
export async function queryPostgres(url: string, statements: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, types })
  await client.connect()
  try {
    const results = [await client.query<Record<string, unknown>>(statements)].flat()
    const rows = results.at(-1)?.rows ?? []
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          value instanceof Date ? value.toISOString() : value,
        ]),
      ),
    )
  } finally {
    await client.end()
  }
}

export function openPostgres(url: string, schema = 'qrsync'): Upserting {
  const settings = { type: 'postgres', database_url: url, schema } as const
  return withUpsert(createPostgresDestination({ name: 'tested', settings }))
}
