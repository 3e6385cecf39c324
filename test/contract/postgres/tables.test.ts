import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPostgres, queryPostgres } from '../../support/destinations/postgres-database.ts'
import { documentedSql } from '../../support/documented-sql.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'
import { landedCode, landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import { temporaryDatabase, type TemporaryDatabase } from '../../support/ledger/temporary-database.ts'

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

describe("PostgreSQL's tables and views", () => {
  let database: TemporaryDatabase
  let destination: Upserting

  beforeEach(async () => {
    database = await temporaryDatabase()
    destination = openPostgres(database.url)
  })

  afterEach(async () => {
    await destination.close()
    await database[Symbol.asyncDispose]()
  })

  const query = (statement: string) => queryPostgres(database.url, statement)

  test('are created in the schema that the config file names', async () => {
    await using other = asyncDisposable(openPostgres(database.url, 'Marketing data'))
    expect(await other.plan()).toContain('create schema Marketing data')
    await other.apply()
    await other.upsert('scans', [landedScan(1)])
    expect(await query('select id from "Marketing data".scans')).toEqual([{ id: 'scan-1' }])
    expect(await query(`select 1 from pg_namespace where nspname = 'qrsync'`)).toEqual([])
  })

  test('a table of an older version gets its new columns and keeps its rows', async () => {
    await query(`create schema qrsync;
      create table qrsync.scans (id text primary key, qr_code_id text, scanned_at timestamptz);
      insert into qrsync.scans values ('old', 'code-1', '2025-01-01T00:00:00Z')`)
    expect(await destination.apply()).toContain('add column scans.city')
    await destination.upsert('scans', [landedScan(1)])
    expect(await query('select id, city from qrsync.scans order by id')).toEqual([
      { id: 'old', city: null },
      { id: 'scan-1', city: 'Kraków' },
    ])
  })

  test('an erasure stays open while a table lacks the column of codes, or has rows without one, and erases in all others', async () => {
    await destination.apply()
    await destination.upsert('scans', [landedScan(1), landedScan(2, { qr_code_id: 'code-2' })])
    await destination.upsert('qr_codes', [landedCode(1)])
    await query('alter table qrsync.scans drop column qr_code_id cascade')
    const erase = () => destination.erasure?.eraseCodes(['code-1'])
    await expect(erase()).rejects.toThrow('qr_code_id')
    expect(await query('select id from qrsync.qr_codes')).toEqual([])
    await destination.apply()
    await expect(erase()).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      message: expect.stringContaining('rows have no scans.qr_code_id, and may belong to the code') as string,
    })
    await query('delete from qrsync.scans where qr_code_id is null')
    expect(await erase()).toMatch(/^PostgreSQL /)
  })

  test('a generated column has a new field of the API, in old and in new rows, as docs/operating.md says', async () => {
    await destination.apply()
    await destination.upsert('scans', [landedScan(1, { extra: { campaign: 'spring' } }), landedScan(2)])
    const [statement = ''] = documentedSql('docs/operating.md', 'alter table qrsync.scans')
    await query(statement)
    expect(await destination.plan()).toEqual([])
    await destination.upsert('scans', [
      landedScan(2, { extra: { campaign: 'autumn' } }),
      landedScan(3, { extra: { campaign: 4, other: true } }),
    ])
    expect(await query('select id, campaign from qrsync.scans order by id')).toEqual([
      { id: 'scan-1', campaign: 'spring' },
      { id: 'scan-2', campaign: 'autumn' },
      { id: 'scan-3', campaign: '4' },
    ])
  })

  test('columns that were words of SQL are renamed, and keep their rows', async () => {
    await query(`create schema qrsync;
      create table qrsync.analytics_breakdown (id text primary key, "from" date not null, "to" date not null);
      insert into qrsync.analytics_breakdown values ('old', '2025-01-01', '2025-01-30')`)
    const lines = await destination.plan()
    expect(lines).toContain('rename column analytics_breakdown.from to first_day')
    expect(await destination.apply()).toEqual(lines)
    expect(await destination.plan()).toEqual([])
    await destination.upsert('analytics_breakdown', [landedRow('analytics_breakdown', 1)])
    expect(await query('select first_day, last_day from qrsync.analytics_breakdown order by 1')).toEqual([
      { first_day: '2025-01-01', last_day: '2025-01-30' },
      { first_day: '2026-02-12', last_day: '2026-03-14' },
    ])
  })

  test('scans are joined with the columns of their code, and no column is a reserved word', async () => {
    await destination.apply()
    await destination.upsert('qr_codes', [landedCode(1, { status: 'active' })])
    await destination.upsert('scans', [landedScan(1), landedScan(2, { qr_code_id: 'code-unknown' })])
    expect(
      await query('select id, code_name, code_status, city from qrsync.scans_with_codes order by id'),
    ).toEqual([
      { id: 'scan-1', code_name: 'Menu', code_status: 'active', city: 'Kraków' },
      { id: 'scan-2', code_name: null, code_status: null, city: 'Kraków' },
    ])
    expect(
      await query(`
        select attname from pg_attribute
        join pg_class on pg_class.oid = attrelid
        join pg_get_keywords() on word = lower(attname)
        where relnamespace = 'qrsync'::regnamespace and relkind in ('r', 'v') and attnum > 0 and catcode in ('R', 'T')`),
    ).toEqual([])
  })

  test('every table, view and column has a comment', async () => {
    await destination.apply()
    expect(
      await query(`
        select relname as name from pg_class
        where relnamespace = 'qrsync'::regnamespace and relkind in ('r', 'v') and obj_description(oid) is null
        union all
        select attname from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = 'qrsync'::regnamespace and relkind = 'r' and attnum > 0
          and col_description(attrelid, attnum) is null`),
    ).toEqual([])
  })

  test('views count by UTC day and by code, whatever the time zone of the session', async () => {
    await destination.apply()
    await destination.upsert('qr_codes', [landedCode(1), landedCode(2, { id: 'code-2', name: 'Unused' })])
    await destination.upsert('scans', [
      landedScan(1, { scanned_at: '2026-01-01T23:59:59.999Z' }),
      landedScan(2, { scanned_at: '2026-01-01T23:30:00-05:00', is_unique: false }),
      landedScan(3, { scanned_at: '2026-01-02T00:00:00Z', is_unique: null }),
      landedScan(4, { scanned_at: daysAgo(6.9), qr_code_id: 'code-unknown' }),
      landedScan(5, { scanned_at: daysAgo(7.1), qr_code_id: 'code-unknown' }),
      landedScan(6, { scanned_at: daysAgo(30.1), qr_code_id: 'code-unknown' }),
    ])
    await query(`alter database ${new URL(database.url).pathname.slice(1)} set timezone = 'Asia/Tokyo'`)
    expect(await query('select * from qrsync.scans_by_day limit 2')).toEqual([
      { day: '2026-01-01', scans: 1, unique_scans: 1 },
      { day: '2026-01-02', scans: 2, unique_scans: 0 },
    ])
    const byCode = await query('select * from qrsync.scans_by_code order by qr_code_id')
    expect(byCode).toMatchObject([
      { qr_code_id: 'code-1', name: 'Menu', scans: 3, unique_scans: 1 },
      { qr_code_id: 'code-2', name: 'Unused', scans: 0, first_scanned_at: null },
      { qr_code_id: 'code-unknown', name: null, scans: 3, scans_last_7_days: 1, scans_last_30_days: 2 },
    ])
    await destination.upsert('analytics_daily', [landedRow('analytics_daily', 1)])
    expect(await query('select * from qrsync.analytics_by_day')).toEqual([
      { day: '2026-03-01', scans: 12, unique_scans: 7 },
    ])
  })

  test('two workers that start at once create each object once', async () => {
    const workers = Array.from({ length: 4 }, () => openPostgres(database.url))
    await Promise.all(workers.map((worker) => worker.apply()))
    for (const worker of workers) await worker.close()
    expect(await destination.plan()).toEqual([])
  })

  test('an object of another kind is reported, and stops only its own stream', async () => {
    await query('create schema qrsync; create view qrsync.analytics_daily as select 1 as id')
    const unmet = (await destination.check()).needs.filter(({ isMet }) => !isMet)
    expect(unmet.map(({ what }) => what)).toEqual(['table analytics_daily'])
    await expect(destination.apply('analytics_daily')).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      scope: 'stream',
    })
    await destination.apply('scans')
    expect(await destination.upsert('scans', [landedScan(1)])).toEqual({ confirmed: 1, rejected: [] })
  })

  describe('a role with too few privileges', () => {
    const role = 'qrsync_loader'

    beforeEach(() => query(`drop role if exists ${role}; create role ${role} login password 'x'`))
    afterEach(() => query(`drop owned by ${role} cascade; drop role ${role}`))

    test('learns from check what to grant, and needs only write privileges once the tables exist', async () => {
      const url = new URL(database.url)
      url.username = role
      url.password = 'x'
      await using loader = asyncDisposable(openPostgres(url.href))
      expect((await loader.check()).needs).toEqual([
        {
          what: 'create schema qrsync',
          isMet: false,
          advice: `Run: create schema qrsync authorization ${role}`,
        },
      ])
      await using odd = asyncDisposable(openPostgres(url.href, 'Marketing data'))
      const [need] = (await odd.check()).needs
      expect(need?.advice).toBe(`Run: create schema "Marketing data" authorization ${role}`)
      await expect(loader.apply('scans')).rejects.toMatchObject({
        code: 'DESTINATION_FORBIDDEN',
      })

      await destination.apply()
      const unmet = async () => (await loader.check()).needs.filter(({ isMet }) => !isMet)
      expect((await unmet()).map(({ what }) => what)).toEqual([
        'use schema qrsync',
        ...['analytics_breakdown', 'analytics_daily', 'qr_codes', 'scans'].map((name) => `write to ${name}`),
      ])
      // Each need says how to meet it.
      for (const { advice = '' } of await unmet()) await query(advice.replace('Run: ', ''))
      expect(await unmet()).toEqual([])
      await query('drop view qrsync.scans_by_day; alter table qrsync.scans drop column region cascade')
      expect((await unmet()).map(({ what }) => what)).toEqual([
        'create tables and views in schema qrsync',
        'add column scans.region',
      ])
      await query(`alter role ${role} set default_transaction_read_only = on`)
      await loader.close()
      expect((await unmet()).map(({ what }) => what)).toContain('write to the database')
      await query(`alter role ${role} reset default_transaction_read_only`)
      await loader.close()
      await destination.apply()
      await query(`grant usage on schema qrsync to ${role};
        grant select, insert, update on all tables in schema qrsync to ${role}`)
      expect((await loader.check()).needs.filter(({ isMet }) => !isMet)).toEqual([])
      expect(await loader.apply()).toEqual([])
      expect(await loader.upsert('scans', [landedScan(1)])).toEqual({ confirmed: 1, rejected: [] })
      expect(await loader.identity()).toBe(await destination.identity())
    })
  })
})

function asyncDisposable(destination: Upserting): Upserting & AsyncDisposable {
  return Object.assign(destination, { [Symbol.asyncDispose]: () => destination.close() })
}
