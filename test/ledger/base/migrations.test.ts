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
