import { sql, type RawBuilder } from 'kysely'
import type { Column, ColumnType } from '../../streams/define-stream.ts'
import { streams, type StreamName } from '../../streams/streams.ts'
import { warehouseColumns, type Renamed } from '../warehouse-columns.ts'
import type { Tables } from './database.ts'

export const typeSql = {
  text: 'text',
  integer: 'bigint',
  boolean: 'boolean',
  time: 'timestamptz',
  date: 'date',
  json: 'jsonb',
} as const satisfies Record<ColumnType, string>

export const columnsOf = (stream: StreamName): [string, Column][] =>
  Object.entries<Column>(streams[stream].columns)

/** Creates a table with all its columns, the index that dashboards and `verify` need, and comments. */
export async function createTable(tables: Tables, schema: string, stream: StreamName): Promise<void> {
  let table = tables.schema.createTable(stream).ifNotExists()
  for (const [name, { type, isRequired }] of warehouseColumns(stream)) {
    table = table.addColumn(name, typeSql[type], (column) => {
      if (name === 'id') return column.primaryKey()
      return isRequired ? column.notNull() : column
    })
  }
  await table.execute()
  await indexTable(tables, stream)
  await sql`comment on table ${sql.id(schema, stream)} is ${sql.lit(streams[stream].comment)}`.execute(tables)
  for (const [name] of warehouseColumns(stream)) await describeColumn(tables, schema, stream, name)
}

/** Adds a column to a table of an older version. It is empty in the table's rows, so it cannot be required. */
export async function addColumn(
  tables: Tables,
  schema: string,
  stream: StreamName,
  name: string,
): Promise<void> {
  const { type } = columnOf(stream, name)
  const definition: RawBuilder<unknown> = sql`${sql.ref(name)} ${sql.raw(typeSql[type])}`
  // Two workers may add it at once, and Kysely has no IF NOT EXISTS for a new column.
  await sql`alter table ${sql.id(schema, stream)} add column if not exists ${definition}`.execute(tables)
  await describeColumn(tables, schema, stream, name)
}

/** Renames a column. If two workers do so at once, the second one finds nothing to do. */
export async function renameColumn(
  tables: Tables,
  schema: string,
  stream: StreamName,
  { from, to }: Renamed,
): Promise<void> {
  const { rows } = await sql`select from pg_catalog.pg_attribute
    where attrelid = ${`${quoted(schema)}.${stream}`}::regclass and attname = ${from} and not attisdropped`.execute(
    tables,
  )
  if (rows.length === 0) return
  await tables.schema.alterTable(stream).renameColumn(from, to).execute()
  await describeColumn(tables, schema, stream, to)
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

async function indexTable(tables: Tables, stream: StreamName): Promise<void> {
  const { partition, cluster } = streams[stream]
  const columns = cluster.filter((name) => name !== 'id')
  if (partition !== undefined && !columns.includes(partition.column)) columns.push(partition.column)
  if (columns.length === 0) return
  await tables.schema
    .createIndex(`${stream}_by_${columns.join('_and_')}`)
    .ifNotExists()
    .on(stream)
    .columns(columns)
    .execute()
}

async function describeColumn(
  tables: Tables,
  schema: string,
  stream: StreamName,
  name: string,
): Promise<void> {
  const { comment } = columnOf(stream, name)
  const column = sql.id(schema, stream, name)
  await sql`comment on column ${column} is ${sql.lit(comment)}`.execute(tables)
}

function columnOf(stream: StreamName, name: string): Column {
  const [, column] = warehouseColumns(stream).find(([each]) => each === name) ?? []
  if (column === undefined) throw new Error(`${stream} has no column ${name}`)
  return column
}
