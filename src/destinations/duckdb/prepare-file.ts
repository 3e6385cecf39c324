import type { DuckDBConnection } from '@duckdb/node-api'
import { streamNames, type StreamName, streams } from '../../streams/streams.ts'
import { tableSql, viewSql } from './schema-sql.ts'
import { viewNames, views } from './views.ts'

/** What was done to a file, and what could not be. */
export interface PreparedFile {
  /** What was created, or would be: tables, columns and views that are not there. */
  lines: string[]
  /** Why tables could not be made: their streams cannot be delivered. */
  tableFailures: ReadonlyMap<StreamName, unknown>
  /** Why views could not be made. Rows are delivered without them. */
  viewFailures: readonly unknown[]
}

/** Makes all in one transaction. If that fails, each table and each view on its own: one obstacle stops no other. */
export async function prepareFile(connection: DuckDBConnection, dryRun: boolean): Promise<PreparedFile> {
  const lines = await findMissing(connection)
  const tableFailures = new Map<StreamName, unknown>()
  const viewFailures: unknown[] = []
  if (dryRun) return { lines, tableFailures, viewFailures }
  if (await isMade(connection)) return { lines, tableFailures, viewFailures }
  for (const stream of streamNames) {
    try {
      await runWhole(connection, tableSql(stream))
    } catch (error) {
      tableFailures.set(stream, error)
    }
  }
  for (const name of viewNames) {
    const of: readonly StreamName[] = views[name].of
    // The failure of the table says why.
    if (of.some((stream) => tableFailures.has(stream))) continue
    try {
      await runWhole(connection, viewSql(name))
    } catch (error) {
      viewFailures.push(error)
    }
  }
  return { lines, tableFailures, viewFailures }
}

async function isMade(connection: DuckDBConnection): Promise<boolean> {
  try {
    await runWhole(connection, [...streamNames.map(tableSql), ...viewNames.map(viewSql)].join(''))
    return true
  } catch {
    return false
  }
}

async function runWhole(connection: DuckDBConnection, statements: string): Promise<void> {
  try {
    await connection.run(`BEGIN; ${statements} COMMIT;`)
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
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
    ...Object.entries(streams).flatMap(([name, { columns }]) => missingColumns(name, Object.keys(columns))),
    ...viewNames.filter((view) => !columnsOf.has(view)).map((view) => `create view ${view}`),
  ]
}

/** Tables where views should be, and views where tables should be. */
export async function findObstacles(connection: DuckDBConnection): Promise<string[]> {
  const found = await connection.runAndReadAll(`
    SELECT table_name AS name, 'table' AS kind FROM duckdb_tables() WHERE schema_name = current_schema()
    UNION ALL
    SELECT view_name, 'view' FROM duckdb_views() WHERE schema_name = current_schema() AND NOT internal`)
  const kindOf = new Map(found.getRows().map(([name, kind]) => [String(name), String(kind)]))
  return [
    ...streamNames.filter((name) => kindOf.get(name) === 'view').map((name) => `table ${name}`),
    ...viewNames.filter((name) => kindOf.get(name) === 'table').map((name) => `view ${name}`),
  ]
}
