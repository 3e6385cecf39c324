import { sql } from 'kysely'
import { streamNames } from '../../streams/streams.ts'
import { codeColumnOf } from '../warehouse-columns.ts'
import type { Tables } from './database.ts'

/** Deletes the rows of these codes from each existing table, in one transaction. */
export async function eraseCodes(tables: Tables, schema: string, codeIds: readonly string[]): Promise<void> {
  const { rows } = await sql<{ tablename: string }>`select tablename from pg_catalog.pg_tables
    where schemaname = ${schema}`.execute(tables)
  const existing = new Set(rows.map(({ tablename }) => tablename))
  await tables.transaction().execute(async (transaction) => {
    for (const stream of streamNames.filter((name) => existing.has(name))) {
      await transaction
        .deleteFrom(stream)
        .where(codeColumnOf(stream), '=', sql`any(${codeIds}::text[])`)
        .execute()
    }
  })
}
