import { DuckDBDataChunk, VARCHAR, type DuckDBConnection } from '@duckdb/node-api'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import { withoutLoneSurrogates } from '../without-lone-surrogates.ts'
import { jsonColumnsAsText } from './json-columns-as-text.ts'
import { createLandedSql } from './upsert-sql.ts'

/** The most rows in a chunk of DuckDB. */
const chunkRows = 2048

/**
 * Passes the texts to DuckDB without parsing them. Compared with one long parameter, a list parameter, an
 * NDJSON file and columns filled from parsed rows, this needs the least time on the JavaScript thread, and its
 * memory is free again after the batch.
 */
export async function landRows(
  connection: DuckDBConnection,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<void> {
  await connection.run(createLandedSql)
  const appender = await connection.createAppender('landed', null, 'temp')
  // One chunk for all parts, emptied after each: its contents are outside V8's heap, which would let many
  // chunks pile up.
  const { chunk: memory } = DuckDBDataChunk.create([VARCHAR, VARCHAR])
  try {
    for (let start = 0; start < rows.length; start += chunkRows) {
      const part = rows.slice(start, start + chunkRows)
      const chunk = new DuckDBDataChunk(memory)
      chunk.rowCount = part.length
      chunk.setColumns([
        part.map(({ id }) => id),
        part.map(({ json }) => jsonColumnsAsText(stream, withoutLoneSurrogates(json))),
      ])
      appender.appendDataChunk(chunk)
      chunk.reset()
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}
