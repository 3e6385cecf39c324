import { DuckDBDataChunk, VARCHAR, type DuckDBConnection } from '@duckdb/node-api'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import { withoutLoneSurrogates } from '../without-lone-surrogates.ts'
import { jsonColumnsAsText } from './json-columns-as-text.ts'
import { createLandedSql } from './upsert-sql.ts'

/** The most rows that a chunk of DuckDB's can hold. */
const chunkRows = 2048

/**
 * Hands the texts to DuckDB unparsed. Measured against one long parameter, a list parameter, an NDJSON file and columns
 * filled from parsed rows: this asks least of the JavaScript thread, and its memory does not outlive the batch.
 */
export async function landRows(
  connection: DuckDBConnection,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<void> {
  await connection.run(createLandedSql)
  const appender = await connection.createAppender('landed', null, 'temp')
  // One for all parts, emptied after each: what a chunk holds lies outside V8's heap, which would let many of them pile up.
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
