import pg from 'pg'
import { ledgerTemplate } from './ledger-template.ts'
import { temporaryDatabase, type TemporaryDatabase } from './temporary-database.ts'

/** Databases without rows that no test uses. */
const free: TemporaryDatabase[] = []
let shapeOfLedger: string | undefined

/** All columns and indexes. */
const shape = `select md5(string_agg(name, '\n' order by name)) as shape from (
  select concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull) from pg_attribute join pg_class
    on pg_class.oid = attrelid where relnamespace = current_schema()::regnamespace and attnum > 0
  union all select indexdef from pg_indexes where schemaname = current_schema()
) as shapes (name)`

const disconnectOthers = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`

const deleteRows = `do $$ declare name text; begin
  for name in select tablename from pg_tables where schemaname = 'public' and tablename not like 'qrsync_migration%' loop
    execute format('delete from %I', name);
  end loop;
  for name in select sequencename from pg_sequences where schemaname = 'public' loop
    perform setval(name::regclass, 1, false);
  end loop;
end $$`

/**
 * An empty database with the tables of a ledger. An earlier test of this process may have used it, because emptying
 * a database takes a tenth of the time that copying one takes.
 */
export async function reusedLedgerDatabase(): Promise<TemporaryDatabase> {
  const database = free.pop() ?? (await temporaryDatabase(ledgerTemplate))
  shapeOfLedger ??= await on(database, readShape)
  return {
    url: database.url,
    async [Symbol.asyncDispose]() {
      if (await on(database, empty)) free.push(database)
      else await database[Symbol.asyncDispose]()
    },
  }
}

/** @returns false if its tables are not those of a ledger any more */
async function empty(client: pg.Client): Promise<boolean> {
  await client.query(disconnectOthers)
  if ((await readShape(client)) !== shapeOfLedger) return false
  await client.query(deleteRows)
  return true
}

async function readShape(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(shape)
  return rows[0]?.shape ?? ''
}

async function on<T>({ url }: TemporaryDatabase, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
