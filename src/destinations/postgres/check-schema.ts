import { sql } from 'kysely'
import type { CheckReport } from '../destination.ts'
import type { Tables } from './database.ts'
import { streamNames } from '../../streams/streams.ts'
import { viewNames } from './views.ts'

interface Found {
  role: string
  version: string
  hasSchema: boolean
  mayCreateSchema: boolean
  mayCreateTables: boolean
}

interface Relation {
  name: string
  kind: string
  mayWrite: boolean
}

/** Who we are, and what is missing for every table to be created and written. Changes nothing. */
export async function checkSchema(tables: Tables, schema: string, label: string): Promise<CheckReport> {
  const { role, version, hasSchema, mayCreateSchema, mayCreateTables } = await readPrivileges(tables, schema)
  const relations = await readRelations(tables, schema)
  const isComplete = streamNames.every((stream) => relations.some(({ name }) => name === stream))
  const needs: CheckReport['needs'] = []
  if (!hasSchema) {
    needs.push({
      what: `create schema ${schema}`,
      isMet: mayCreateSchema,
      advice: `Run: create schema ${quoted(schema)} authorization ${quoted(role)}`,
    })
  } else if (!isComplete) {
    needs.push({
      what: `create tables in schema ${schema}`,
      isMet: mayCreateTables,
      advice: `Run: grant usage, create on schema ${quoted(schema)} to ${quoted(role)}`,
    })
  }
  for (const { name, kind, mayWrite } of relations) {
    const isStream = streamNames.some((stream) => stream === name)
    const isView = viewNames.some((view) => view === name)
    if (isStream && kind !== 'table') needs.push(obstacle(`table ${name}`))
    else if (isView && kind !== 'view') needs.push(obstacle(`view ${name}`))
    else if (isStream) {
      needs.push({
        what: `write to ${name}`,
        isMet: mayWrite,
        advice: `Run: grant select, insert, update on ${quoted(schema)}.${name} to ${quoted(role)}`,
      })
    }
  }
  return { identity: `PostgreSQL ${version} as ${role}, ${label}`, needs }
}

/** A name as SQL takes it, for people to copy. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function obstacle(what: string): CheckReport['needs'][number] {
  return {
    what,
    isMet: false,
    advice: 'The schema has another object with that name. Rename it, or use another schema.',
  }
}

async function readPrivileges(tables: Tables, schema: string): Promise<Found> {
  const { rows } = await sql<Found>`
    select
      current_user as role,
      current_setting('server_version') as version,
      namespace.oid is not null as "hasSchema",
      has_database_privilege(current_database(), 'create') as "mayCreateSchema",
      coalesce(has_schema_privilege(namespace.oid, 'usage, create'), false) as "mayCreateTables"
    from (select) as one
    left join pg_catalog.pg_namespace as namespace on namespace.nspname = ${schema}`.execute(tables)
  const [found] = rows
  if (found === undefined) throw new Error('PostgreSQL says nothing of its own session')
  return found
}

async function readRelations(tables: Tables, schema: string): Promise<Relation[]> {
  const { rows } = await sql<Relation>`
    select
      relation.relname as name,
      case when relation.relkind in ('r', 'p') then 'table' when relation.relkind = 'v' then 'view' else 'other' end as kind,
      has_schema_privilege(namespace.oid, 'usage')
        and has_table_privilege(relation.oid, 'select')
        and has_table_privilege(relation.oid, 'insert')
        and has_table_privilege(relation.oid, 'update') as "mayWrite"
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where namespace.nspname = ${schema}
      and relation.relname = any(${[...streamNames, ...viewNames]}::text[])
    order by relation.relname`.execute(tables)
  return rows
}
