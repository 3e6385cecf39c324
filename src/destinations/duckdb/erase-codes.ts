import type { DuckDBConnection } from '@duckdb/node-api'
import { streamNames } from '../../streams/streams.ts'
import { codeColumnOf } from '../warehouse-columns.ts'

/** Deletes the rows of these codes from each existing table, in one transaction, and rewrites the file without them. */
export async function eraseCodes(connection: DuckDBConnection, codeIds: readonly string[]): Promise<void> {
  const found = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()')
  const tables = new Set(found.getRows().map(([name]) => String(name)))
  const ids = codeIds.map((_, index) => `$${index + 1}`).join(', ')
  await connection.run('BEGIN')
  try {
    for (const stream of streamNames.filter((name) => tables.has(name))) {
      await connection.run(`DELETE FROM ${stream} WHERE ${codeColumnOf(stream)} IN (${ids})`, [...codeIds])
    }
    await connection.run('COMMIT')
  } catch (error) {
    await connection.run('ROLLBACK')
    throw error
  }
  await connection.run('CHECKPOINT')
}
