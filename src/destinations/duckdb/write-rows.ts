import type { DuckDBConnection } from '@duckdb/node-api'
import { streamNames, type LandedRow, type StreamName } from '../../streams/streams.ts'
import type { Outcome } from '../destination.ts'
import { outcomesOf, type Refused } from '../outcomes.ts'
import { isRefusal } from './duckdb-error.ts'
import { landRows } from './land-rows.ts'
import { mergeSql, refusedSql } from './upsert-sql.ts'
import { withRoom } from './with-room.ts'

/** Writes a batch in one transaction. */
export async function upsertBatch(
  connection: DuckDBConnection,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<Outcome[]> {
  const refused = await withRoom(connection, async () => {
    await landRows(connection, stream, rows)
    return mergeLanded(connection, stream)
  })
  return outcomesOf(rows, refused)
}

/** Searches for bad rows only after DuckDB has refused them all, so that good batches are not slowed down. */
async function mergeLanded(connection: DuckDBConnection, stream: StreamName): Promise<Refused[]> {
  try {
    await connection.run(mergeSql(stream))
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    const rejected = await takeOutRefused(connection, stream)
    if (rejected.length === 0) throw error
    await connection.run(mergeSql(stream))
    return rejected
  }
}

/** Removes from `landed` the rows that DuckDB cannot accept, and returns the reason for each. */
async function takeOutRefused(connection: DuckDBConnection, stream: StreamName): Promise<Refused[]> {
  const refused = await connection.runAndReadAll(refusedSql(stream))
  await connection.run(`DELETE FROM landed WHERE id IN (SELECT id FROM (${refusedSql(stream)}))`)
  return refused.getRowObjects() as unknown as Refused[]
}

/** Returns the streams whose table is missing. */
export async function findMissingTables(connection: DuckDBConnection): Promise<StreamName[]> {
  const found = await connection.runAndReadAll(
    'SELECT table_name FROM duckdb_tables() WHERE schema_name = current_schema() AND database_name = current_database()',
  )
  const tables = new Set(found.getRows().map(([name]) => String(name)))
  return streamNames.filter((name) => !tables.has(name))
}

/** @returns whether the table has rows whose code is unknown */
export async function eraseCodes(
  connection: DuckDBConnection,
  stream: StreamName,
  codeColumn: string,
  codeIds: readonly string[],
): Promise<boolean> {
  const ids = codeIds.map((_, index) => `$${index + 1}`).join(', ')
  await connection.run(`DELETE FROM ${stream} WHERE ${codeColumn} IN (${ids})`, [...codeIds])
  const left = await connection.runAndReadAll(`SELECT 1 FROM ${stream} WHERE ${codeColumn} IS NULL LIMIT 1`)
  return left.currentRowCount > 0
}
