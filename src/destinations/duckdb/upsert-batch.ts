import type { DuckDBConnection } from '@duckdb/node-api'
import type { LandedRow, StreamName } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import { isRefusal } from './duckdb-error.ts'
import { landRows } from './land-rows.ts'
import { takeOutRefused } from './take-out-refused.ts'
import { mergeSql } from './upsert-sql.ts'

/** DuckDB needs about ten times the size of the texts, and fails where that is more than it may have. */
const textPerMerge = 2_000_000

/**
 * A batch, in one transaction unless its rows are unusually long. `confirmed + rejected.length` is always the number of rows given: of several rows with
 * the same id the one with the highest `seq` is written or rejected, and those that it supersedes count as confirmed.
 */
export async function upsertBatch(
  connection: DuckDBConnection,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<UpsertOutcome> {
  const rejected: UpsertOutcome['rejected'] = []
  for (const part of partsByText(latestOfEachId(rows))) {
    await landRows(connection, stream, part)
    rejected.push(...(await mergeLanded(connection, stream)))
  }
  return { confirmed: rows.length - rejected.length, rejected }
}

/** Looks for the rows at fault only once DuckDB has refused them all: good batches are not slowed down. */
async function mergeLanded(
  connection: DuckDBConnection,
  stream: StreamName,
): Promise<UpsertOutcome['rejected']> {
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

function* partsByText(rows: readonly LandedRow[]): Generator<LandedRow[]> {
  let part: LandedRow[] = []
  let length = 0
  for (const row of rows) {
    if (part.length > 0 && length + row.json.length > textPerMerge) {
      yield part
      part = []
      length = 0
    }
    part.push(row)
    length += row.json.length
  }
  if (part.length > 0) yield part
}
