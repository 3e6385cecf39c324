import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { streamNames } from '../../streams/streams.ts'
import type { ExportedFile } from '../destination.ts'
import { makeFolder } from './make-folder.ts'
import { withRoom } from './with-room.ts'

/**
 * Writes each table as a Parquet file, and replaces an existing one: a reader sees the old file or the new one,
 * never a part.
 */
export async function exportTables(connection: DuckDBConnection, folder: string): Promise<ExportedFile[]> {
  // These are for others, as far as the user's umask lets them.
  await makeFolder(folder, 0o777)
  const found = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables() WHERE NOT internal')
  const present = new Set(found.getRows().map(([name]) => name))
  const files: ExportedFile[] = []
  for (const table of streamNames.filter((name) => present.has(name))) {
    const path = join(folder, `${table}.parquet`)
    const part = join(folder, `.${table}.${process.pid}.part`)
    try {
      const copied = await withRoom(connection, () =>
        connection.runAndReadAll(`COPY ${table} TO '${part.replaceAll("'", "''")}' (FORMAT parquet)`),
      )
      const { size: sizeBytes } = await stat(part)
      await rename(part, path)
      files.push({ path, rows: Number(copied.getRows()[0]?.[0]), sizeBytes })
    } finally {
      await rm(part, { force: true })
    }
  }
  return files
}
