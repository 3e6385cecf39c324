import type { DuckDBConnection } from '@duckdb/node-api'

/** Scans of each code that the file has; none where it was never prepared. */
export async function countScans(connection: DuckDBConnection): Promise<Map<string, number>> {
  const tables = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE table_name = 'scans'")
  if (tables.currentRowCount === 0) return new Map()
  const counted = await connection.runAndReadAll('SELECT qr_code_id, count(*)::INTEGER FROM scans GROUP BY 1')
  return new Map(counted.getRows().map(([id, scans]) => [String(id), Number(scans)]))
}
