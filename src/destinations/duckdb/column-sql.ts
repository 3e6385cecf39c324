import type { ColumnType } from '../../streams/define-stream.ts'

export const typeSql: Record<ColumnType, string> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMPTZ',
  date: 'DATE',
  json: 'JSON',
}

/** A column's name as SQL takes it, whatever word it is. */
export function columnSql(name: string): string {
  return `"${name}"`
}
