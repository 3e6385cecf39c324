import { resolve } from 'node:path'
import { version } from '@duckdb/node-api'
import type { Destination } from '../destination.ts'
import { duckDbError } from './duckdb-error.ts'
import { inTurn } from './file-turns.ts'
import { openFile, type OpenFile } from './open-file.ts'
import { schemaSql } from './schema-sql.ts'
import { upsertBatch } from './upsert-batch.ts'

/**
 * A DuckDB file with a table for each stream and views on them. It is opened when first used, and `close()` lets other
 * processes have it until the next use.
 *
 * Throws `DESTINATION_BUSY` while another process holds the file, else `DESTINATION_UNAVAILABLE`.
 */
export function createDuckDbDestination({ name, path }: { name: string; path: string }): Destination {
  const file = resolve(path)
  let opened: OpenFile | undefined

  async function close() {
    const closing = opened
    opened = undefined
    await closing?.close()
  }

  function use<T>(work: (connection: OpenFile['connection']) => Promise<T>): Promise<T> {
    return inTurn(file, async () => {
      try {
        opened ??= await openFile(file)
        return await work(opened.connection)
      } catch (error) {
        // After some errors DuckDB refuses every further statement until the file is opened anew.
        await close()
        throw duckDbError(error, name, file)
      }
    })
  }

  return {
    check: () => use(() => Promise.resolve(`DuckDB ${version()}, ${file}`)),
    prepare: () =>
      use(async (connection) => {
        await connection.run(`BEGIN; ${schemaSql()} COMMIT;`)
      }),
    upsert: (stream, rows) => use((connection) => upsertBatch(connection, stream, rows)),
    close: () => inTurn(file, close),
  }
}
