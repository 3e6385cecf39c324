import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { breakdownDays } from '../../../src/ledger/base/migrations/0023-breakdown-days.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ensureConnector, readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-newer-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it.each(['sqlite', 'postgres'])(
  'a ledger of a newer version is refused, and the error names its migration, on %s',
  async (kind) => {
    await using database = await temporaryDatabase()
    const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
    const ledger = await openLedger(location)
    await sql`insert into qrsync_migration (name, timestamp) values ('9999-next', '2030-01-01')`.execute(
      ledger,
    )
    await ledger.destroy()
    await expect(openLedger(location)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      retry: 'never',
      message: expect.stringMatching(
        /newer version of qrsync \(migration 9999-next\)\. Use that version/,
      ) as string,
    })
  },
)

it('a migration that stops half-way changes nothing, and runs completely later', async () => {
  const file = join(folder, 'ledger.sqlite')
  writeFileSync(file, gunzipSync(readFileSync(join(import.meta.dirname, 'recorded/ledger-14.sqlite.gz'))))
  const change = (statement: string) => {
    const database = new DatabaseSync(file)
    database.exec(statement)
    database.close()
  }
  // Conflicts with the last table that it creates.
  change('create table positions (id integer)')
  await expect(openLedger(file)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
  change('drop table positions')
  const ledger = await openLedger(file)
  expect(await readConnector(ledger, 'held')).toMatchObject({ sync_failure: 'API_KEY_REJECTED' })
  await ledger.destroy()
})

it.each(['sqlite', 'postgres'])('landed days of analytics get their new names, on %s', async (kind) => {
  await using database = await temporaryDatabase()
  const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
  const ledger = await openLedger(location)
  const name = 'a "from":"to":" name'
  const row = { id: 'c/city/x', qr_code_id: 'c', dimension: 'city', name, scans: 2 }
  const old = { ...row, from: '2026-01-01', to: '2026-01-30' }
  await ledger
    .insertInto('analytics_breakdown')
    .values({
      connector: 'held',
      id: row.id,
      qr_code_id: 'c',
      row: JSON.stringify(old),
      seq: 1,
      landed_at_ms: 1,
    })
    .execute()
  await breakdownDays.up(ledger)
  const landed = await ledger.selectFrom('analytics_breakdown').select('row').executeTakeFirstOrThrow()
  expect(landed.row).toBe(JSON.stringify({ ...row, first_day: '2026-01-01', last_day: '2026-01-30' }))
  await ledger.destroy()
})

const tablesOf = async (ledger: Ledger) =>
  (await ledger.introspection.getTables({ withInternalKyselyTables: true })).map(({ name }) => name)

it.each(['sqlite', 'postgres'])(
  'a ledger whose migrations are noted in Kysely’s own tables gets tables of its own, on %s',
  async (kind) => {
    await using database = await temporaryDatabase()
    const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
    const before = await openLedger(location)
    await ensureConnector(before, 'kept')
    await before.schema.alterTable('qrsync_migration').renameTo('kysely_migration').execute()
    await before.schema.alterTable('qrsync_migration_lock').renameTo('kysely_migration_lock').execute()
    await before.destroy()
    // Several workers may start at once on PostgreSQL.
    const workers = kind === 'sqlite' ? [1] : [1, 2, 3]
    const ledgers = await Promise.all(workers.map(() => openLedger(location)))
    for (const ledger of ledgers) expect(await readConnector(ledger, 'kept')).toBeDefined()
    for (const ledger of ledgers) {
      const tables = await tablesOf(ledger)
      expect(tables).toContain('qrsync_migration')
      expect(tables.filter((name) => name.startsWith('kysely_'))).toEqual([])
    }
    await Promise.all(ledgers.map((ledger) => ledger.destroy()))
  },
)

it.each(['sqlite', 'postgres'])(
  'a table of another program under Kysely’s name is left alone, on %s',
  async (kind) => {
    await using database = await temporaryDatabase()
    const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
    const foreign = 'create table kysely_migration (version integer); insert into kysely_migration values (7)'
    if (kind === 'sqlite') {
      const file = new DatabaseSync(location)
      file.exec(foreign)
      file.close()
    } else await inDatabase(database.url, foreign)
    const ledger = await openLedger(location)
    expect(await tablesOf(ledger)).toContain('qrsync_migration')
    const { rows } = await sql`select version from kysely_migration`.execute(ledger)
    expect(rows).toEqual([{ version: 7 }])
    await ledger.destroy()
  },
)

it('a table under Kysely’s name that the user may not read is another program’s', async () => {
  await using database = await temporaryDatabase()
  await using user = await userOf(database.url)
  await inDatabase(
    database.url,
    `grant create on schema public to ${user.name};
     create table kysely_migration (name varchar primary key, timestamp varchar not null)`,
  )
  const ledger = await openLedger(user.url)
  expect(await tablesOf(ledger)).toContain('qrsync_migration')
  await ledger.destroy()
})

it.each(['sqlite', 'postgres'])(
  'a ledger that has lost its lock table gets a new one, on %s',
  async (kind) => {
    await using database = await temporaryDatabase()
    const location = kind === 'sqlite' ? join(folder, 'ledger.sqlite') : database.url
    const before = await openLedger(location)
    await ensureConnector(before, 'kept')
    await before.schema.alterTable('qrsync_migration').renameTo('kysely_migration').execute()
    await before.schema.dropTable('qrsync_migration_lock').execute()
    await before.destroy()
    const ledger = await openLedger(location)
    expect(await readConnector(ledger, 'kept')).toBeDefined()
    expect(await tablesOf(ledger)).toContain('qrsync_migration_lock')
    await ledger.destroy()
  },
)

it.each(['qrsync_migration', 'kysely_migration'])(
  'a ledger stays in its schema if one with the user’s name is created later (noted in %s)',
  async (table) => {
    await using database = await temporaryDatabase()
    await using user = await userOf(database.url)
    await inDatabase(database.url, `grant create on schema public to ${user.name}`)
    const before = await openLedger(user.url)
    await ensureConnector(before, 'kept')
    if (table !== 'qrsync_migration') {
      await before.schema.alterTable('qrsync_migration').renameTo(table).execute()
      await before.schema.alterTable('qrsync_migration_lock').renameTo(`${table}_lock`).execute()
    }
    // As a destination in the same database does, whose tables have names that the ledger has too.
    await inDatabase(
      database.url,
      `create schema ${user.name} authorization ${user.name}; create table ${user.name}.connectors (id integer)`,
    )
    if (table === 'qrsync_migration') expect(await readConnector(before, 'kept')).toBeDefined()
    await before.destroy()
    const ledger = await openLedger(user.url)
    expect(await readConnector(ledger, 'kept')).toBeDefined()
    const schemas = await sql`select schemaname from pg_tables where tablename = 'qrsync_migration'`.execute(
      ledger,
    )
    expect(schemas.rows).toEqual([{ schemaname: 'public' }])
    await ledger.destroy()
  },
)

async function inDatabase(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statements)
  await client.end()
}

interface User extends AsyncDisposable {
  name: string
  url: string
}

/** A user of the database without rights on its schemas. */
async function userOf(url: string): Promise<User> {
  const name = `user_${randomUUID().replaceAll('-', '')}`
  await inDatabase(url, `create role ${name} login password 'x'`)
  const ofUser = new URL(url)
  ofUser.username = name
  ofUser.password = 'x'
  return {
    name,
    url: ofUser.href,
    [Symbol.asyncDispose]: () => inDatabase(url, `drop owned by ${name} cascade; drop role ${name}`),
  }
}

it('a database may have the migrations of another program, and a ledger in each schema', async () => {
  await using database = await temporaryDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`create schema other;
    create table public.kysely_migration (name varchar primary key, timestamp varchar not null);
    create table public.kysely_migration_lock (id varchar primary key, is_locked integer not null);
    insert into public.kysely_migration values ('0001-initial', '2026-01-01'), ('0002-people', '2026-01-01')`)
  const inSchema = (name: string) => `${database.url}?options=${encodeURIComponent(`-c search_path=${name}`)}`
  for (const schema of ['public', 'other']) {
    const ledger = await openLedger(inSchema(schema))
    await ensureConnector(ledger, schema)
    expect(await ledger.selectFrom('connectors').select('connector').execute()).toEqual([
      { connector: schema },
    ])
    await ledger.destroy()
  }
  const { rows } = await client.query('select name from public.kysely_migration order by name')
  expect(rows).toEqual([{ name: '0001-initial' }, { name: '0002-people' }])
  await client.end()
})
