import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { runScript } from '../../support/processes/child-script.ts'
import { queryDuckDb } from '../../support/destinations/duckdb-file.ts'
import { landedCode, landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import { documentedSql } from '../../support/documented-sql.ts'
import { withUpsert, type Upserting } from '../../support/destinations/with-upsert.ts'

describe('DuckDB tables and views', () => {
  let folder: string
  let path: string
  let destination: Upserting

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qrsync-duckdb-'))
    path = join(folder, 'qr-codes.duckdb')
    destination = withUpsert(createDuckDbDestination({ name: 'local', path }))
  })

  afterEach(async () => {
    await destination.close()
    await rm(folder, { recursive: true })
  })

  test('a table of an older version gets its new columns and keeps its rows', async () => {
    await execute(
      path,
      `CREATE TABLE scans (id VARCHAR PRIMARY KEY, qr_code_id VARCHAR, scanned_at TIMESTAMPTZ);
       INSERT INTO scans VALUES ('old', 'code-1', '2025-01-01T00:00:00Z');
       CREATE VIEW scans_by_day AS SELECT 1 AS outdated FROM scans`,
    )
    await destination.apply()
    await destination.upsert('scans', [landedScan(1, { extra: { new: true } })])
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT id, city, extra FROM scans ORDER BY id')).toEqual([
      { id: 'old', city: null, extra: null },
      { id: 'scan-1', city: 'Kraków', extra: '{"new":true}' },
    ])
    expect(await queryDuckDb(path, 'SELECT scans::INTEGER AS scans FROM scans_by_day')).toHaveLength(2)
  })

  test('a view has a new field of the API, as docs/operating.md says, also after the next start', async () => {
    await destination.apply()
    await destination.upsert('scans', [landedScan(1, { extra: { campaign: 'spring' } }), landedScan(2)])
    await destination.close()
    const [statement = ''] = documentedSql('docs/operating.md', 'create view')
    await execute(path, statement)
    await destination.apply()
    await destination.upsert('scans', [landedScan(3, { extra: { campaign: 4 } })])
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT id, campaign FROM my_scans ORDER BY id')).toEqual([
      { id: 'scan-1', campaign: 'spring' },
      { id: 'scan-2', campaign: null },
      { id: 'scan-3', campaign: '4' },
    ])
  })

  test('an erasure stays open while a table lacks the column of codes, or has rows without one, and erases in all others', async () => {
    await destination.apply()
    await destination.upsert('scans', [landedScan(1), landedScan(2, { qr_code_id: 'code-2' })])
    await destination.upsert('qr_codes', [landedCode(1)])
    await destination.close()
    await execute(path, 'DROP VIEW scans_with_codes; DROP VIEW scans_by_day; DROP VIEW scans_by_code')
    await execute(path, 'ALTER TABLE scans DROP COLUMN qr_code_id')
    const erase = () => destination.erasure?.eraseCodes(['code-1'])
    await expect(erase()).rejects.toThrow('qr_code_id')
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT id FROM qr_codes')).toEqual([])
    await destination.apply()
    await expect(erase()).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      message: expect.stringContaining('rows have no scans.qr_code_id, and may belong to the code') as string,
    })
    await destination.close()
    await execute(path, 'DELETE FROM scans WHERE qr_code_id IS NULL')
    expect(await erase()).toMatch(/^DuckDB file /)
  })

  test('analytics tables of an older version get their new columns and keep their rows', async () => {
    await execute(
      path,
      `CREATE TABLE analytics_daily (id VARCHAR, qr_code_id VARCHAR, date DATE, scans BIGINT);
       INSERT INTO analytics_daily VALUES ('old', 'code-1', '2025-01-01', 3);
       CREATE TABLE analytics_breakdown (
         id VARCHAR, qr_code_id VARCHAR, name VARCHAR, scans BIGINT, "from" DATE NOT NULL, "to" DATE NOT NULL);
       INSERT INTO analytics_breakdown VALUES ('old', 'code-1', 'PL', 2, '2025-01-01', '2025-01-30')`,
    )
    const lines = await destination.plan()
    expect(lines).toContain('rename column analytics_breakdown.from to first_day')
    expect(lines).toContain('add column analytics_breakdown.loaded_at')
    expect(await destination.apply()).toEqual(lines)
    expect(await destination.plan()).toEqual([])
    await destination.upsert('analytics_daily', [landedRow('analytics_daily', 1)])
    await destination.upsert('analytics_breakdown', [landedRow('analytics_breakdown', 1)])
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT date, unique_scans FROM analytics_daily ORDER BY date')).toEqual([
      { date: '2025-01-01', unique_scans: null },
      { date: '2026-03-01', unique_scans: '7' },
    ])
    const breakdowns =
      'SELECT first_day, last_day, scans, loaded_at IS NOT NULL AS "isNew" FROM analytics_breakdown ORDER BY 1'
    expect(await queryDuckDb(path, breakdowns)).toEqual([
      { first_day: '2025-01-01', last_day: '2025-01-30', scans: '2', isNew: false },
      { first_day: '2026-02-12', last_day: '2026-03-14', scans: '5', isNew: true },
    ])
  })

  test('every table, view and column has a comment', async () => {
    await destination.apply()
    await destination.close()
    const uncommented = `
      SELECT table_name AS name FROM duckdb_tables() WHERE comment IS NULL
      UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal
      UNION ALL SELECT c.column_name FROM duckdb_columns() AS c JOIN duckdb_tables() USING (table_oid) WHERE c.comment IS NULL`
    expect(await queryDuckDb(path, uncommented)).toEqual([])
  })

  test('scans are joined with the columns of their code', async () => {
    await destination.apply()
    await destination.upsert('qr_codes', [landedCode(1, { status: 'active' })])
    await destination.upsert('scans', [landedScan(1), landedScan(2, { qr_code_id: 'code-unknown' })])
    await destination.close()
    const read =
      'SELECT id, code_name, code_status, city, loaded_at IS NOT NULL AS loaded FROM scans_with_codes ORDER BY id'
    expect(await queryDuckDb(path, read)).toEqual([
      { id: 'scan-1', code_name: 'Menu', code_status: 'active', city: 'Kraków', loaded: true },
      { id: 'scan-2', code_name: null, code_status: null, city: 'Kraków', loaded: true },
    ])
  })

  test('no column of a table or a view is a reserved word', async () => {
    await destination.apply()
    await destination.close()
    const reserved = `
      SELECT column_name FROM duckdb_columns()
      JOIN duckdb_keywords() ON keyword_name = lower(column_name)
      WHERE schema_name = 'main' AND keyword_category = 'reserved'`
    expect(await queryDuckDb(path, reserved)).toEqual([])
  })

  test('tables are exported as Parquet files that other programs can read, any number of times', async () => {
    const shared = join(folder, "for 'others'")
    expect(await destination.exports?.writeParquet(shared)).toEqual([])
    await destination.apply()
    await destination.upsert('scans', [landedScan(1), landedScan(2)])
    for (let time = 1; time <= 2; time++) {
      const files = (await destination.exports?.writeParquet(shared)) ?? []
      expect(files.map((file) => [basename(file.path), file.rows])).toEqual([
        ['qr_codes.parquet', 0],
        ['scans.parquet', 2],
        ['analytics_daily.parquet', 0],
        ['analytics_breakdown.parquet', 0],
      ])
      expect(files.every(({ sizeBytes }) => sizeBytes > 0)).toBe(true)
    }
    expect(await readdir(shared)).toHaveLength(4)
    await destination.close()
    const scans = join(shared, 'scans.parquet').replaceAll("'", "''")
    expect(await queryDuckDb(path, `SELECT id, city FROM read_parquet('${scans}') ORDER BY id`)).toEqual([
      { id: 'scan-1', city: 'Kraków' },
      { id: 'scan-2', city: 'Kraków' },
    ])
  })

  test('views count by UTC day and by code', async () => {
    await destination.apply()
    await destination.upsert('qr_codes', [landedCode(1), landedCode(2, { id: 'code-2', name: 'Unused' })])
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    await destination.upsert('scans', [
      landedScan(1, { scanned_at: '2026-01-01T23:59:59.999Z' }),
      landedScan(2, { scanned_at: '2026-01-01T23:30:00-05:00', is_unique: false }),
      landedScan(3, { scanned_at: '2026-01-02T00:00:00Z', is_unique: null }),
      landedScan(4, { scanned_at: daysAgo(6.9), qr_code_id: 'code-unknown' }),
      landedScan(5, { scanned_at: daysAgo(7.1), qr_code_id: 'code-unknown' }),
      landedScan(6, { scanned_at: daysAgo(30.1), qr_code_id: 'code-unknown' }),
    ])
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT * FROM scans_by_day LIMIT 2')).toEqual([
      { day: '2026-01-01', scans: '1', unique_scans: '1' },
      { day: '2026-01-02', scans: '2', unique_scans: '0' },
    ])
    const byCode = await queryDuckDb(
      path,
      'SELECT * EXCLUDE (first_scanned_at, last_scanned_at) FROM scans_by_code ORDER BY 1',
    )
    const [menu, unused, unknown] = byCode
    expect(menu).toMatchObject({ qr_code_id: 'code-1', name: 'Menu', scans: '3', unique_scans: '1' })
    expect(unused).toMatchObject({
      qr_code_id: 'code-2',
      name: 'Unused',
      scans: '0',
      scans_last_30_days: '0',
    })
    expect(unknown).toMatchObject({
      name: null,
      scans: '3',
      scans_last_7_days: '1',
      scans_last_30_days: '2',
    })
  })

  test('a view sums the analytics of each day', async () => {
    await destination.apply()
    const row = (seq: number, fields: object) => landedRow('analytics_daily', seq, fields)
    await destination.upsert('analytics_daily', [
      row(2, { scans: 4, unique_scans: null }),
      row(1, { scans: 3, unique_scans: 2 }),
      row(3, { id: 'other', qr_code_id: 'code-2', date: '2026-03-01', scans: 5, unique_scans: 1 }),
    ])
    await destination.close()
    expect(await queryDuckDb(path, 'SELECT * FROM analytics_by_day')).toEqual([
      { day: '2026-03-01', scans: '8', unique_scans: '3' },
      { day: '2026-03-02', scans: '4', unique_scans: null },
    ])
  })

  test.each(['Pacific/Kiritimati', 'America/New_York'])(
    'dates do not depend on the time zone of the machine: %s',
    async (zone) => {
      const child = await runScript(zoneChild, path, { TZ: zone })
      expect(child).toMatchObject({ code: 0, output: '[["2026-03-08"],["2026-03-09"]]' })
    },
  )
})

describe('the identity of the file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qrsync-duckdb-file-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Each time as a delivery does it. */
  async function identityOf(path: string, destination = createDuckDbDestination({ name: 'local', path })) {
    const identity = await destination.identity()
    await destination.apply()
    await destination.close()
    return identity
  }

  test('stays the same when a worker writes it, moves it, or opens it for the first time', async () => {
    const path = join(folder, 'a.duckdb')
    const destination = createDuckDbDestination({ name: 'local', path })
    const identity = await identityOf(path, destination)
    expect(identity).toMatch(/^DuckDB file [0-9a-f-]{36}$/)
    await withUpsert(destination).upsert('scans', [landedScan(1)])
    expect(await identityOf(path, destination)).toBe(identity)
    expect(await identityOf(path), 'another worker').toBe(identity)
    await rename(path, join(folder, 'b.duckdb'))
    expect(await identityOf(join(folder, 'b.duckdb'))).toBe(identity)
  })

  test.each(['deleted', 'replaced in place'])(
    'changes when the file was %s, also for a worker that has seen the old one',
    async (how) => {
      const path = join(folder, 'a.duckdb')
      const destination = createDuckDbDestination({ name: 'local', path })
      const identity = await identityOf(path, destination)
      if (how === 'deleted') await rm(path)
      else {
        const other = join(folder, 'other.duckdb')
        await identityOf(other)
        await copyFile(other, path)
      }
      expect(await identityOf(path, destination)).not.toBe(identity)
    },
  )
})

async function execute(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

const zoneChild = `
  import { createDuckDbDestination } from './src/destinations/duckdb/duckdb-destination.ts'
  import { withUpsert } from './test/support/destinations/with-upsert.ts'
  import { landedScan } from './test/support/ledger/landed-rows.ts'
  const destination = withUpsert(createDuckDbDestination({ name: 'local', path: process.argv[1] }))
  await destination.apply()
  await destination.upsert('scans', [
    landedScan(1, { scanned_at: '2026-03-08T23:59:59' }),
    landedScan(2, { scanned_at: '2026-03-09T00:00:00.000Z' }),
  ])
  await destination.close()
  import { DuckDBInstance } from '@duckdb/node-api'
  const connection = await (await DuckDBInstance.create(process.argv[1])).connect()
  const read = await connection.runAndReadAll('SELECT day FROM scans_by_day')
  console.log(JSON.stringify(read.getRowsJson()))`
