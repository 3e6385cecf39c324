import { type StreamName, streams } from '../../streams/streams.ts'
import { warehouseColumns, type Renamed } from '../warehouse-columns.ts'
import { columnSql, typeSql } from './column-sql.ts'
import { views, type ViewName } from './views.ts'

/**
 * Creates a table if it is missing, and keeps an existing one: a table of an older version gets its new
 * columns.
 *
 * It has no primary key: DuckDB's index makes 1,000,000 upserts of random ids three times slower and the file
 * eight times larger, and MERGE keeps ids unique without it.
 */
export function tableSql(stream: StreamName): string {
  return joined(tableStatements(stream))
}

/** Runs before {@link tableSql}, which would add a column with the new name next to the old one. */
export function renameSql(stream: StreamName, { from, to }: Renamed): string {
  return `ALTER TABLE ${stream} RENAME COLUMN ${columnSql(from)} TO ${columnSql(to)};\n`
}

/** Replaces a view, so that it is always the current one. */
export function viewSql(name: ViewName): string {
  const { sql, comment } = views[name]
  return joined([`CREATE OR REPLACE VIEW ${name} AS ${sql}`, `COMMENT ON VIEW ${name} IS ${quoted(comment)}`])
}

function joined(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join('')
}

function tableStatements(name: StreamName): string[] {
  const { comment } = streams[name]
  const entries = warehouseColumns(name)
  const definitions = entries.map(
    ([column, { type, isRequired }]) =>
      `${columnSql(column)} ${typeSql[type]}${isRequired ? ' NOT NULL' : ''}`,
  )
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${definitions.join(', ')})`,
    ...entries.map(
      ([column, { type }]) =>
        `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${columnSql(column)} ${typeSql[type]}`,
    ),
    `COMMENT ON TABLE ${name} IS ${quoted(comment)}`,
    ...entries.map(
      ([column, spec]) => `COMMENT ON COLUMN ${name}.${columnSql(column)} IS ${quoted(spec.comment)}`,
    ),
  ]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
