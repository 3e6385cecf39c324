import { DuckDBInstance } from '@duckdb/node-api'

/** Reads a DuckDB file like another program: read-only, and only for the query. */
export async function queryDuckDb(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const result = await connection.runAndReadAll(sql)
    return result.getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Changes a DuckDB file like another program. */
export async function runInDuckDb(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    await connection.run(sql)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

export async function scanIdsIn(path: string): Promise<string[]> {
  const rows = await queryDuckDb(path, 'SELECT id FROM scans ORDER BY id')
  return rows.map(({ id }) => String(id))
}
