import type { DuckDBConnection } from '@duckdb/node-api'
import { streamNames, type StreamName } from '../../streams/streams.ts'
import { renamesOf, warehouseColumns } from '../warehouse-columns.ts'
import { renameSql, tableSql, viewSql } from './schema-sql.ts'
import { viewNames, views } from './views.ts'

/** What was done to a file, and what failed. */
export interface PreparedFile {
  /** What was created, or would be: missing tables, columns and views. */
  lines: string[]
  /** Why tables could not be created: their streams cannot be delivered. */
  tableFailures: ReadonlyMap<StreamName, unknown>
  /** Why views could not be created. Rows are delivered without them. */
  viewFailures: readonly unknown[]
}

/**
 * Creates everything in one transaction. If that fails, creates each table and each view separately, so that
 * one obstacle stops no other.
 */
export async function prepareFile(connection: DuckDBConnection, dryRun: boolean): Promise<PreparedFile> {
  const columns = await readColumns(connection)
  const lines = missingOf(columns)
  const sqlOf = (stream: StreamName) => renamesSql(stream, columns) + tableSql(stream)
  const tableFailures = new Map<StreamName, unknown>()
  const viewFailures: unknown[] = []
  if (dryRun) return { lines, tableFailures, viewFailures }
  if (await isMade(connection, streamNames.map(sqlOf))) return { lines, tableFailures, viewFailures }
  for (const stream of streamNames) {
    try {
      await runWhole(connection, sqlOf(stream))
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

async function isMade(connection: DuckDBConnection, tables: readonly string[]): Promise<boolean> {
  try {
    await runWhole(connection, [...tables, ...viewNames.map(viewSql)].join(''))
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

/** Names of columns, by table or view. */
type Columns = ReadonlyMap<string, ReadonlySet<string>>

async function readColumns(connection: DuckDBConnection): Promise<Columns> {
  const found = await connection.runAndReadAll(
    'SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = current_schema()',
  )
  const columns = new Map<string, Set<string>>()
  for (const [table, column] of found.getRows()) {
    const known = columns.get(String(table)) ?? new Set()
    columns.set(String(table), known.add(String(column)))
  }
  return columns
}

function missingOf(columns: Columns): string[] {
  return [
    ...streamNames.flatMap((stream) => missingOfTable(stream, columns.get(stream))),
    ...viewNames.filter((view) => !columns.has(view)).map((view) => `create view ${view}`),
  ]
}

function missingOfTable(stream: StreamName, present: ReadonlySet<string> | undefined): string[] {
  if (present === undefined) return [`create table ${stream}`]
  const renames = renamesOf(stream, present)
  const added = warehouseColumns(stream)
    .map(([name]) => name)
    .filter((name) => !present.has(name) && renames.every(({ to }) => to !== name))
  return [
    ...renames.map(({ from, to }) => `rename column ${stream}.${from} to ${to}`),
    ...added.map((name) => `add column ${stream}.${name}`),
  ]
}

function renamesSql(stream: StreamName, columns: Columns): string {
  const renames = renamesOf(stream, columns.get(stream) ?? new Set())
  return renames.map((each) => renameSql(stream, each)).join('')
}

/** Returns tables in the place of views, and views in the place of tables. */
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
