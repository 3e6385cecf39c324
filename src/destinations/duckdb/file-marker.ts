import { stat } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'

/** Out of the way of whoever looks at the tables. */
const markerSql = `
  CREATE SCHEMA IF NOT EXISTS qrsync;
  CREATE TABLE IF NOT EXISTS qrsync.file AS SELECT CAST(uuid() AS VARCHAR) AS id;`

/** The id that a file was given when it was made: one that takes its place has another. */
export async function readMarker(connection: DuckDBConnection): Promise<string> {
  const made = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'qrsync'")
  if (made.currentRowCount === 0) await connection.run(markerSql)
  const read = await connection.runAndReadAll('SELECT id FROM qrsync.file')
  return String(read.getRows()[0]?.[0])
}

/** Differs after every change of the file, by whomever; null where it is not there. */
export async function readFileState(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path)
    return [dev, ino, size, mtimeMs].join('/')
  } catch {
    return null
  }
}
