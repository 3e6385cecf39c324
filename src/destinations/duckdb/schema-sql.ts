import { tables, type Table } from '../tables.ts'
import { columnSql, typeSql } from './column-sql.ts'
import { views } from './views.ts'

/**
 * Creates what is missing and leaves alone what is there: a table of an older version gets its new columns, views are
 * always the current ones.
 *
 * No primary key: DuckDB's index makes 1,000,000 upserts of random ids three times slower and the file eight times
 * larger, and MERGE keeps ids unique without it.
 */
export function schemaSql(): string {
  const statements = [
    ...Object.entries(tables).flatMap(([name, table]) => tableSql(name, table)),
    ...Object.entries(views).flatMap(([name, { sql, comment }]) => [
      `CREATE OR REPLACE VIEW ${name} AS ${sql}`,
      `COMMENT ON VIEW ${name} IS ${quoted(comment)}`,
    ]),
  ]
  return statements.map((statement) => `${statement};\n`).join('')
}

function tableSql(name: string, { comment, columns }: Table): string[] {
  const entries = Object.entries(columns)
  const definitions = entries.map(
    ([column, { type, required }]) => `${columnSql(column)} ${typeSql[type]}${required ? ' NOT NULL' : ''}`,
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
