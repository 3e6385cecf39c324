import type { DuckDBConnection } from '@duckdb/node-api'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import type { Outcome } from '../destination.ts'
import { outcomesOf, type Refused } from '../outcomes.ts'
import { partsBySize } from '../parts-by-size.ts'
import { isRefusal } from './duckdb-error.ts'
import { landRows } from './land-rows.ts'
import { mergeSql, refusedSql } from './upsert-sql.ts'
import { withRoom } from './with-room.ts'

/** DuckDB needs about ten times the size of the texts, and fails where that is more than it may have. */
const textPerMerge = 2_000_000

/** Writes one part of a batch in one transaction. */
export async function upsertPart(
  connection: DuckDBConnection,
  stream: StreamName,
  part: readonly LandedRow[],
): Promise<Outcome[]> {
  const refused = await withRoom(connection, async () => {
    await landRows(connection, stream, part)
    return mergeLanded(connection, stream)
  })
  return outcomesOf(part, refused)
}

/** Looks for the rows at fault only once DuckDB has refused them all: good batches are not slowed down. */
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

/** Removes from `landed` the rows that DuckDB cannot take, and says why for each. */
async function takeOutRefused(connection: DuckDBConnection, stream: StreamName): Promise<Refused[]> {
  const refused = await connection.runAndReadAll(refusedSql(stream))
  await connection.run(`DELETE FROM landed WHERE id IN (SELECT id FROM (${refusedSql(stream)}))`)
  return refused.getRowObjects() as unknown as Refused[]
}

/** One part, unless rows are unusually long. */
export function partsByText(rows: readonly LandedRow[]): Generator<LandedRow[]> {
  return partsBySize(rows, { items: Infinity, size: textPerMerge, sizeOf: ({ json }) => json.length })
}
