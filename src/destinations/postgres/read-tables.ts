import { sql } from 'kysely'
import { streamNames, type StreamName } from '../../streams/streams.ts'
import type { Tables } from './database.ts'

/**
 * Names the tables that rows are written to, by the cluster's own identifier, which a replica shares and
 * another server does not, and by object ids. A table that was dropped and created again has another id.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA
 */
export async function readIdentity(tables: Tables, schema: string): Promise<string> {
  const { rows } = await sql<{ cluster: string; database: string; relations: string }>`
    select
      (select system_identifier::text from pg_control_system()) as cluster,
      (select oid::text from pg_catalog.pg_database where datname = current_database()) as database,
      (
        select string_agg(relation.oid::text, ',' order by relation.relname)
        from pg_catalog.pg_class as relation
        join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
        where namespace.nspname = ${schema} and relation.relname = any(${[...streamNames]}::text[])
      ) as relations`.execute(tables)
  const [found] = rows
  return `PostgreSQL cluster ${found?.cluster ?? ''}, database ${found?.database ?? ''}, tables ${found?.relations ?? ''}`
}

/** Returns the streams whose table is missing, all of them if the schema is. */
export async function findMissingTables(tables: Tables, schema: string): Promise<StreamName[]> {
  const { rows } = await sql<{ tablename: string }>`select tablename from pg_catalog.pg_tables
    where schemaname = ${schema}`.execute(tables)
  const existing = new Set(rows.map(({ tablename }) => tablename))
  return streamNames.filter((name) => !existing.has(name))
}

/** Counts the rows of each code; none if the table was never created. */
export async function countScans(
  tables: Tables,
  schema: string,
  codeIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows: found } = await sql`select from pg_catalog.pg_tables
    where schemaname = ${schema} and tablename = 'scans'`.execute(tables)
  if (found.length === 0) return new Map()
  const rows = await tables
    .selectFrom('scans')
    .select(['qr_code_id', (eb) => eb.fn.countAll<number>().as('scans')])
    .where('qr_code_id', '=', sql`any(${codeIds}::text[])`)
    .groupBy('qr_code_id')
    .execute()
  return new Map(rows.map(({ qr_code_id: id, scans }) => [String(id), scans]))
}
