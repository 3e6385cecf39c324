import { sql } from 'kysely'
import { streamNames, type StreamName } from '../../streams/streams.ts'
import type { Tables } from './database.ts'
import { renamesOf, warehouseColumns } from '../warehouse-columns.ts'
import { addColumn, createTable, renameColumn } from './tables.ts'
import { createView, viewNames, views } from './views.ts'

/** What was done to a schema, and what failed. */
export interface PreparedSchema {
  /** What was created, or would be. */
  lines: string[]
  /** Why a stream has no usable table: it cannot be delivered. */
  tableFailures: ReadonlyMap<StreamName, unknown>
  /** Why views could not be created. Rows are delivered without them. */
  viewFailures: readonly unknown[]
}

/** A missing object. */
export interface Change {
  line: string
  /** The table that it changes, which we must own for that; null if something is created in the schema. */
  changes: StreamName | null
  /** The streams whose tables it is, or reads. */
  of: readonly StreamName[]
  isView: boolean
  apply: (tables: Tables) => Promise<void>
}

/**
 * Creates what is missing, each object in its own transaction, so that one obstacle stops no other. Leaves
 * existing objects unchanged, so once everything exists, a role that may only write rows is enough.
 */
export async function prepareSchema(
  tables: Tables,
  schema: string,
  { dryRun }: { dryRun: boolean },
): Promise<PreparedSchema> {
  const changes = await findChanges(tables, schema)
  const lines = changes.map(({ line }) => line)
  const tableFailures = new Map<StreamName, unknown>()
  const viewFailures: unknown[] = []
  if (dryRun) return { lines, tableFailures, viewFailures }
  for (const { of, isView, apply } of changes) {
    // The failure of the table says why.
    if (isView && of.some((stream) => tableFailures.has(stream))) continue
    try {
      await alone(tables, schema, apply)
    } catch (error) {
      if (isView) viewFailures.push(error)
      else for (const stream of of) tableFailures.set(stream, tableFailures.get(stream) ?? error)
    }
  }
  return { lines, tableFailures, viewFailures }
}

/** Runs alone, because two workers that create the same object at once would conflict, even with IF NOT EXISTS. */
async function alone(tables: Tables, schema: string, work: Change['apply']): Promise<void> {
  await tables.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtext(${`qrsync/${schema}`}))`.execute(transaction)
    await work(transaction)
  })
}

export async function findChanges(tables: Tables, schema: string): Promise<Change[]> {
  const { hasSchema, columnsByRelation } = await readSchema(tables, schema)
  const changes: Change[] = []
  if (!hasSchema) {
    changes.push({
      line: `create schema ${schema}`,
      changes: null,
      of: streamNames,
      isView: false,
      apply: (on) => on.schema.createSchema(schema).ifNotExists().execute(),
    })
  }
  for (const stream of streamNames) {
    changes.push(...changesOfTable(schema, stream, columnsByRelation.get(stream)))
  }
  for (const view of viewNames) {
    if (columnsByRelation.has(view)) continue
    changes.push({
      line: `create view ${view}`,
      changes: null,
      of: views[view].of,
      isView: true,
      apply: (on) => createView(on, schema, view),
    })
  }
  return changes
}

function changesOfTable(
  schema: string,
  stream: StreamName,
  known: ReadonlySet<string> | undefined,
): Change[] {
  if (known === undefined) {
    return [
      {
        line: `create table ${stream}`,
        changes: null,
        of: [stream],
        isView: false,
        apply: (on) => createTable(on, schema, stream),
      },
    ]
  }
  const change = { changes: stream, of: [stream], isView: false }
  const renames = renamesOf(stream, known)
  const added = warehouseColumns(stream)
    .map(([name]) => name)
    .filter((name) => !known.has(name) && renames.every(({ to }) => to !== name))
  return [
    ...renames.map((each): Change => ({
      ...change,
      line: `rename column ${stream}.${each.from} to ${each.to}`,
      apply: (on) => renameColumn(on, schema, stream, each),
    })),
    ...added.map((name): Change => ({
      ...change,
      line: `add column ${stream}.${name}`,
      apply: (on) => addColumn(on, schema, stream, name),
    })),
  ]
}

interface SchemaState {
  hasSchema: boolean
  /** Names of columns by table or view. */
  columnsByRelation: ReadonlyMap<string, ReadonlySet<string>>
}

async function readSchema(tables: Tables, schema: string): Promise<SchemaState> {
  const { rows } = await sql<{ relation: string | null; column: string | null }>`
    select relation.relname as relation, attribute.attname as column
    from pg_catalog.pg_namespace as namespace
    left join pg_catalog.pg_class as relation
      on relation.relnamespace = namespace.oid and relation.relkind in ('r', 'p', 'f', 'v', 'm')
    left join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
    where namespace.nspname = ${schema}`.execute(tables)
  const columnsByRelation = new Map<string, Set<string>>()
  for (const { relation, column } of rows) {
    if (relation === null) continue
    const columns = columnsByRelation.get(relation) ?? new Set()
    if (column !== null) columns.add(column)
    columnsByRelation.set(relation, columns)
  }
  return { hasSchema: rows.length > 0, columnsByRelation }
}
