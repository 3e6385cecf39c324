import type { DuckDBConnection } from '@duckdb/node-api'
import { tables } from '../tables.ts'
import { schemaSql } from './schema-sql.ts'
import { views } from './views.ts'

/** @returns what was created, or would be: tables, columns and views that are not there */
export async function prepareFile(connection: DuckDBConnection, dryRun: boolean): Promise<string[]> {
  const missing = await findMissing(connection)
  // Views and comments are always the current ones, whatever is missing.
  if (!dryRun) await connection.run(`BEGIN; ${schemaSql()} COMMIT;`)
  return missing
}

async function findMissing(connection: DuckDBConnection): Promise<string[]> {
  const found = await connection.runAndReadAll(
    'SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = current_schema()',
  )
  const columnsOf = Map.groupBy(found.getRowObjects(), (row) => String(row['table_name']))
  const missingColumns = (table: string, columns: string[]) => {
    const known = columnsOf.get(table)
    if (known === undefined) return [`create table ${table}`]
    const names = new Set(known.map((row) => row['column_name']))
    return columns.filter((column) => !names.has(column)).map((column) => `add column ${table}.${column}`)
  }
  return [
    ...Object.entries(tables).flatMap(([name, { columns }]) => missingColumns(name, Object.keys(columns))),
    ...Object.keys(views)
      .filter((view) => !columnsOf.has(view))
      .map((view) => `create view ${view}`),
  ]
}
