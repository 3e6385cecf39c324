import type { ColumnType } from '../../streams/define-stream.ts'

export const typeSql: Record<ColumnType, string> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMPTZ',
  date: 'DATE',
  json: 'JSON',
}

/** Quotes a column's name for SQL, even if it is a reserved word. */
export function columnSql(name: string): string {
  return `"${name}"`
}
