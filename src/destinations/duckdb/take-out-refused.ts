import type { DuckDBConnection } from '@duckdb/node-api'
import type { StreamName } from '../../model/stream.ts'
import type { Refused } from '../outcomes.ts'
import { refusedSql } from './upsert-sql.ts'

/** Removes from `landed` the rows that DuckDB cannot take, and says why for each. */
export async function takeOutRefused(connection: DuckDBConnection, stream: StreamName): Promise<Refused[]> {
  const refused = await connection.runAndReadAll(refusedSql(stream))
  await connection.run(`DELETE FROM landed WHERE id IN (SELECT id FROM (${refusedSql(stream)}))`)
  return refused.getRowObjects() as unknown as Refused[]
}
