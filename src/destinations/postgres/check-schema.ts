import { sql } from 'kysely'
import { streamNames } from '../../streams/streams.ts'
import type { CheckReport } from '../destination.ts'
import type { Tables } from './database.ts'
import { findChanges } from './prepare-schema.ts'
import { viewNames } from './views.ts'

type Need = CheckReport['needs'][number]

/** Reports the account, and what is missing to create and write every table. Changes nothing. */
export async function checkSchema(tables: Tables, schema: string, label: string): Promise<CheckReport> {
  const session = await readSession(tables, schema)
  const relations = await readRelations(tables, schema)
  const { role, version } = session
  const needs: Need[] = []
  if (session.isReadOnly) {
    needs.push({
      what: 'write to the database',
      isMet: false,
      advice: 'The session is read-only. Use the URL of the primary server.',
    })
  }
  needs.push(...needsOfSchema(schema, session, await findChanges(tables, schema), relations))
  for (const relation of relations) needs.push(...needsOfRelation(schema, role, relation))
  return { identity: `PostgreSQL ${version} as ${role}, ${label}`, needs }
}

function needsOfSchema(
  schema: string,
  { role, hasSchema, mayCreateSchema, mayUse, mayCreate }: Session,
  changes: Awaited<ReturnType<typeof findChanges>>,
  relations: readonly Relation[],
): Need[] {
  const place = quoted(schema)
  const user = quoted(role)
  if (!hasSchema) {
    const advice = `Run: create schema ${place} authorization ${user}`
    return [{ what: `create schema ${schema}`, isMet: mayCreateSchema, advice }]
  }
  const needs: Need[] = [
    { what: `use schema ${schema}`, isMet: mayUse, advice: `Run: grant usage on schema ${place} to ${user}` },
  ]
  if (changes.some((change) => change.changes === null)) {
    needs.push({
      what: `create tables and views in schema ${schema}`,
      isMet: mayCreate,
      advice: `Run: grant create on schema ${place} to ${user}`,
    })
  }
  for (const { line, changes: table } of changes) {
    if (table === null) continue
    const relation = relations.find(({ name }) => name === table)
    const advice = `Run: alter table ${place}.${table} owner to ${user}`
    needs.push({ what: line, isMet: relation?.isOurs ?? false, advice })
  }
  return needs
}

function needsOfRelation(schema: string, role: string, { name, kind, mayWrite }: Relation): Need[] {
  const isStream = streamNames.some((stream) => stream === name)
  const wanted = isStream ? 'table' : 'view'
  if (kind !== wanted) {
    const advice = 'The schema has another object with that name. Rename it, or use another schema.'
    return [{ what: `${wanted} ${name}`, isMet: false, advice }]
  }
  if (!isStream) return []
  const advice = `Run: grant select, insert, update on ${quoted(schema)}.${name} to ${quoted(role)}`
  return [{ what: `write to ${name}`, isMet: mayWrite, advice }]
}

/** Quotes a name for SQL, for people to copy. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

interface Session {
  role: string
  version: string
  isReadOnly: boolean
  hasSchema: boolean
  mayCreateSchema: boolean
  mayUse: boolean
  mayCreate: boolean
}

async function readSession(tables: Tables, schema: string): Promise<Session> {
  const { rows } = await sql<Session>`
    select
      current_user as role,
      current_setting('server_version') as version,
      current_setting('transaction_read_only') = 'on' as "isReadOnly",
      namespace.oid is not null as "hasSchema",
      has_database_privilege(current_database(), 'create') as "mayCreateSchema",
      coalesce(has_schema_privilege(namespace.oid, 'usage'), false) as "mayUse",
      coalesce(has_schema_privilege(namespace.oid, 'create'), false) as "mayCreate"
    from (select) as one
    left join pg_catalog.pg_namespace as namespace on namespace.nspname = ${schema}`.execute(tables)
  const [found] = rows
  if (found === undefined) throw new Error('PostgreSQL says nothing of its own session')
  return found
}

interface Relation {
  name: string
  kind: string
  isOurs: boolean
  mayWrite: boolean
}

async function readRelations(tables: Tables, schema: string): Promise<Relation[]> {
  const { rows } = await sql<Relation>`
    select
      relation.relname as name,
      case when relation.relkind in ('r', 'p') then 'table' when relation.relkind = 'v' then 'view' else 'other' end as kind,
      pg_has_role(relation.relowner, 'usage') as "isOurs",
      has_table_privilege(relation.oid, 'select')
        and has_table_privilege(relation.oid, 'insert')
        and has_table_privilege(relation.oid, 'update') as "mayWrite"
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where namespace.nspname = ${schema}
      and relation.relname = any(${[...streamNames, ...viewNames]}::text[])
    order by relation.relname`.execute(tables)
  return rows
}
