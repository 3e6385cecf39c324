import { PostgresAdapter, sql } from 'kysely'
import type { Ledger } from './schema.ts'

/** Where Kysely's migrator notes what it has done. */
export interface MigrationTables {
  migrationTableName: string
  migrationLockTableName: string
  /** PostgreSQL's; else the migrator would find tables of these names in any schema of the database. */
  migrationTableSchema?: string
}

const names = { migrationTableName: 'qrsync_migration', migrationLockTableName: 'qrsync_migration_lock' }
/** Kysely's own names, which other programs use too. Ledgers until 0024 have them. */
const formerly = { table: 'kysely_migration', lock: 'kysely_migration_lock' }
/** By these two, a table of that name is known for ours. */
const ours = ['0001-initial', '0002-planner']

/** Tables of our own, in the schema of the ledger. A ledger that has them under Kysely's names gets them renamed. */
export async function migrationTablesOf(ledger: Ledger): Promise<MigrationTables> {
  const isPostgres = ledger.getExecutor().adapter instanceof PostgresAdapter
  const schema = isPostgres ? await currentSchema(ledger) : null
  if (await hasTable(ledger, schema, formerly.table)) await rename(ledger, schema)
  return { ...names, ...(schema !== null && { migrationTableSchema: schema }) }
}

/** Names the table that notes the migrations of a ledger, and leaves it as it is; null if it has had none. */
export async function findMigrationTable(ledger: Ledger): Promise<string | null> {
  const isPostgres = ledger.getExecutor().adapter instanceof PostgresAdapter
  const schema = isPostgres ? await currentSchema(ledger) : null
  if (await hasTable(ledger, schema, names.migrationTableName)) return names.migrationTableName
  const isFormer = (await hasTable(ledger, schema, formerly.table)) && (await isOurs(ledger, schema))
  return isFormer ? formerly.table : null
}

async function rename(ledger: Ledger, schema: string | null): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    // Of several that start at once on PostgreSQL, one renames; SQLite has one writer anyhow.
    if (schema !== null) {
      await sql`select pg_advisory_xact_lock(hashtext('qrsync_migration'))`.execute(transaction)
    }
    if (!(await hasTable(transaction, schema, formerly.table))) return
    if (await hasTable(transaction, schema, names.migrationTableName)) return
    if (!(await isOurs(transaction, schema))) return
    await transaction.schema.alterTable(formerly.table).renameTo(names.migrationTableName).execute()
    // Where somebody has dropped it, or a restored backup lacks it, the migrator makes a new one.
    if (!(await hasTable(transaction, schema, formerly.lock))) return
    if (await hasTable(transaction, schema, names.migrationLockTableName)) return
    await transaction.schema.alterTable(formerly.lock).renameTo(names.migrationLockTableName).execute()
  })
}

/** A table that lacks the names of migrations, or that this user may not read, is another program's. */
async function isOurs(ledger: Ledger, schema: string | null): Promise<boolean> {
  const readable =
    schema === null
      ? sql`select 1 from pragma_table_info(${formerly.table}) where name = 'name'`
      : sql`select 1 from pg_attribute join pg_class on pg_class.oid = attrelid
          where relnamespace = ${schema}::regnamespace and relname = ${formerly.table} and attname = 'name'
          and has_column_privilege(attrelid, attnum, 'select')`
  if ((await readable.execute(ledger)).rows.length === 0) return false
  const { rows } = await sql<{ name: unknown }>`select name from ${sql.table(formerly.table)}`.execute(ledger)
  return ours.every((name) => rows.some((row) => row.name === name))
}

async function currentSchema(ledger: Ledger): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(ledger)
  const name = rows[0]?.name
  if (name == null) throw new Error('no schema of the search_path exists')
  return name
}

async function hasTable(ledger: Ledger, schema: string | null, name: string): Promise<boolean> {
  const found =
    schema === null
      ? sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`
      : sql`select 1 from pg_tables where schemaname = ${schema} and tablename = ${name}`
  return (await found.execute(ledger)).rows.length > 0
}
