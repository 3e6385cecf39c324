import type { TableMetadata } from '@google-cloud/bigquery'
import { beforeEach, describe, expect, test } from 'vitest'
import { createBigQueryDestination } from '../../../src/destinations/bigquery/bigquery-destination.ts'
import { bigQueryWorld, jsonAnswer, seen } from '../../support/bigquery/bigquery-world.ts'
import { landedCode, landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import { bigQueryClient } from '../../support/bigquery/query-bigquery.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'

/** @see https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords */
const reservedWords = new Set(
  `ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT DEFAULT
  DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING
  GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO
  NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT
  SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN`.split(
    /\s+/,
  ),
)

describe('BigQuery tables and views', () => {
  const world = bigQueryWorld()
  let destination: Upserting

  beforeEach(() => {
    destination = world.make()
  })

  const another = () => createBigQueryDestination({ name: 'tested', config: world.config })
  const dataset = () => bigQueryClient(world.emulatorUrl).dataset(world.config.dataset)
  const makeDataset = (location = 'EU') =>
    bigQueryClient(world.emulatorUrl).createDataset(world.config.dataset, { location })
  const metadataOf = async (table: string) => (await dataset().table(table).getMetadata())[0] as TableMetadata
  const made = (table: string) =>
    world.calls
      .filter(({ what }) => what.endsWith('/tables'))
      .map(({ body }) => body as TableMetadata)
      .find(({ tableReference }) => tableReference?.tableId === table)
  const patches = () => world.calls.filter(({ what }) => what.startsWith('PATCH'))

  const all = [
    'create table qr_codes',
    'create table scans',
    'create table analytics_daily',
    'create table analytics_breakdown',
    'create view scans_by_day',
    'create view scans_with_codes',
    'create view code_performance',
  ]

  test('apply creates everything, reports it, and changes nothing the second time', async () => {
    expect(await destination.apply()).toEqual([`create dataset ${world.config.dataset}`, ...all])
    world.calls.length = 0
    expect(await destination.apply()).toEqual([])
    expect(world.calls, 'it is remembered').toEqual([])
    expect(await another().apply()).toEqual([])
    expect(world.calls.filter(({ what }) => !what.startsWith('GET'))).toEqual([])
  })

  test('scans are partitioned by day and clustered by code, and each table has its key', async () => {
    await destination.apply()
    expect(made('scans')).toMatchObject({
      timePartitioning: { type: 'DAY', field: 'scanned_at' },
      clustering: { fields: ['qr_code_id', 'id'] },
      tableConstraints: { primaryKey: { columns: ['id'] } },
      labels: { team: 'marketing' },
    })
    expect(made('analytics_daily')).toMatchObject({ timePartitioning: { type: 'MONTH', field: 'date' } })
    for (const table of ['qr_codes', 'analytics_daily', 'analytics_breakdown']) {
      expect(made(table)).toMatchObject({ tableConstraints: { primaryKey: { columns: ['id'] } } })
    }
    const scans = await metadataOf('scans')
    expect(scans.timePartitioning).toEqual({ type: 'DAY', field: 'scanned_at' })
    expect(scans.clustering).toEqual({ fields: ['qr_code_id', 'id'] })
  })

  test('dataset, tables, views and columns have descriptions, and the dataset has its location', async () => {
    await destination.apply()
    const [about] = (await dataset().getMetadata()) as object[]
    expect(about).toMatchObject({ location: 'EU', labels: { team: 'marketing' } })
    expect(about).toHaveProperty('description', expect.stringMatching(/\w{3}/))
    const [tables] = await dataset().getTables()
    expect(tables).toHaveLength(7)
    for (const table of tables) {
      const metadata = await metadataOf(table.id ?? '')
      expect(metadata.description).toMatch(/\w{3}/)
      for (const { description } of metadata.schema?.fields ?? []) expect(description).toMatch(/\w{3}/)
    }
  })

  test('a table of an older version gets its new columns in one update, and keeps its rows and descriptions', async () => {
    await makeDataset()
    const fields = [
      { name: 'id', type: 'STRING', description: 'Ours.' },
      { name: 'qr_code_id', type: 'STRING' },
      { name: 'scanned_at', type: 'TIMESTAMP' },
      { name: 'campaign', type: 'STRING' },
    ]
    await dataset().createTable('scans', {
      schema: { fields },
      description: 'Ours too.',
      labels: { cost: 'a' },
    })
    await world.query(
      "INSERT INTO {}.scans VALUES ('old', 'code-1', TIMESTAMP '2025-01-01T00:00:00Z', 'spring')",
    )
    const lines = await destination.plan()
    expect(lines).toContain('add column scans.city')
    expect(await destination.apply()).toEqual(lines)
    expect(patches()).toHaveLength(1)
    const scans = await metadataOf('scans')
    expect(scans).toMatchObject({ description: 'Ours too.', labels: { cost: 'a', team: 'marketing' } })
    expect(scans.schema?.fields?.[0]).toMatchObject({ name: 'id', description: 'Ours.' })
    expect(await another().plan()).toEqual([])

    await destination.upsert('scans', [landedScan(1, { extra: { new: true } })])
    expect(await world.query('SELECT id, city, extra, campaign FROM {}.scans ORDER BY id')).toEqual([
      { id: 'old', city: null, extra: null, campaign: 'spring' },
      { id: 'scan-1', city: 'Kraków', extra: '{"new":true}', campaign: null },
    ])
  })

  test('columns that were words of SQL are renamed, and keep their rows', async () => {
    await makeDataset()
    const fields = [
      { name: 'id', type: 'STRING' },
      { name: 'from', type: 'DATE', mode: 'REQUIRED' },
      { name: 'to', type: 'DATE', mode: 'REQUIRED' },
    ]
    await dataset().createTable('analytics_breakdown', { schema: { fields } })
    await world.query(
      "INSERT INTO {}.analytics_breakdown VALUES ('old', DATE '2025-01-01', DATE '2025-01-30')",
    )
    const lines = await destination.plan()
    expect(lines).toContain('rename column analytics_breakdown.from to first_day')
    expect(await destination.apply()).toEqual(lines)
    expect(await another().plan()).toEqual([])
    await destination.upsert('analytics_breakdown', [landedRow('analytics_breakdown', 1)])
    expect(await world.query('SELECT first_day, last_day FROM {}.analytics_breakdown ORDER BY 1')).toEqual([
      { first_day: '2025-01-01', last_day: '2025-01-30' },
      { first_day: '2026-02-12', last_day: '2026-03-14' },
    ])
  })

  test('no column of a table or a view is a reserved word', async () => {
    await destination.apply()
    const [tables] = await dataset().getTables()
    for (const { id = '' } of tables) {
      const { schema } = await metadataOf(id)
      const names = (schema?.fields ?? []).map(({ name = '' }) => name.toUpperCase())
      expect(names.filter((name) => reservedWords.has(name))).toEqual([])
    }
  })

  test('a view of an older version is replaced', async () => {
    await destination.apply()
    world.handle = async (call, forward) => {
      const answer = await forward()
      if (!/^GET.*scans_by_day$/.test(seen(call).what)) return answer
      const view = { query: 'SELECT 1 AS outdated', useLegacySql: false }
      return jsonAnswer(200, { ...(JSON.parse(answer.body.toString()) as object), view })
    }
    expect(await another().apply()).toEqual(['update view scans_by_day'])
    expect(patches()).toMatchObject([
      { body: { view: { query: expect.stringContaining('GROUP BY day') as string } } },
    ])
  })

  test('another location is refused, with the setting to write', async () => {
    await makeDataset('US')
    await expect(destination.apply()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      retry: 'never',
      message:
        `Destination tested: the dataset test-project.${world.config.dataset} is in US, not in EU.\n` +
        'Set location: US, or use another dataset.',
    })
  })

  test('a table with the same name and other column types stays as it is, permanently', async () => {
    await makeDataset()
    await dataset().createTable('scans', { schema: { fields: [{ name: 'scanned_at', type: 'STRING' }] } })
    await expect(destination.apply()).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      retry: 'never',
      message: expect.stringContaining(
        '.scans has a column scanned_at of type STRING, not TIMESTAMP',
      ) as string,
    })
  })

  describe('changes by others', () => {
    beforeEach(async () => {
      await destination.apply()
      await destination.upsert('scans', [landedScan(1)])
    })

    async function expectToGoOn(line: string): Promise<void> {
      await expect(destination.upsert('scans', [landedScan(2)])).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'backoff',
      })
      expect(await destination.apply()).toEqual([line])
      expect(await destination.upsert('scans', [landedScan(2)])).toEqual({ confirmed: 1, rejected: [] })
      expect(await world.query("SELECT city FROM {}.scans WHERE id = 'scan-2'")).toEqual([{ city: 'Kraków' }])
    }

    test('a deleted table is created again with the next attempt', async () => {
      await dataset().table('scans').delete()
      await expectToGoOn('create table scans')
    })

    test('a deleted column is added again with the next attempt', async () => {
      const { schema } = await metadataOf('scans')
      const fields = schema?.fields?.filter(({ name }) => name !== 'city') ?? []
      await world.query('ALTER TABLE {}.scans DROP COLUMN city')
      await dataset().table('scans').setMetadata({ schema: { fields } })
      await expectToGoOn('add column scans.city')
    })
  })

  test('views count by UTC day and by code', async () => {
    await destination.apply()
    await destination.upsert('qr_codes', [
      landedCode(1, { status: 'active' }),
      landedCode(2, { id: 'code-2', name: 'Unused', status: 'deleted' }),
    ])
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    await destination.upsert('scans', [
      landedScan(1, { scanned_at: '2026-01-01T23:59:59.999Z' }),
      landedScan(2, { scanned_at: '2026-01-01T23:30:00-05:00', is_unique: false }),
      landedScan(3, { scanned_at: '2026-01-02T00:00:00Z', is_unique: null }),
      landedScan(4, { scanned_at: daysAgo(6.9), qr_code_id: 'code-unknown' }),
      landedScan(5, { scanned_at: daysAgo(7.1), qr_code_id: 'code-unknown' }),
      landedScan(6, { scanned_at: daysAgo(30.1), qr_code_id: 'code-unknown' }),
    ])
    expect(await world.query('SELECT * FROM {}.scans_by_day ORDER BY day LIMIT 2')).toEqual([
      { day: '2026-01-01', scans: 1, unique_scans: 1 },
      { day: '2026-01-02', scans: 2, unique_scans: 0 },
    ])
    const recent = { scans_last_7_days: 0, scans_last_30_days: 0 }
    const menu = { destination_url: 'https://example.com/menu' }
    expect(await world.query('SELECT * FROM {}.code_performance ORDER BY qr_code_id')).toMatchObject([
      {
        qr_code_id: 'code-1',
        name: 'Menu',
        status: 'active',
        scans: 3,
        unique_scans: 1,
        ...recent,
        ...menu,
        first_scanned_at: '2026-01-01T23:59:59.999Z',
        last_scanned_at: '2026-01-02T04:30:00.000Z',
      },
      {
        qr_code_id: 'code-2',
        name: 'Unused',
        status: 'deleted',
        scans: 0,
        unique_scans: 0,
        ...recent,
        first_scanned_at: null,
        last_scanned_at: null,
      },
      {
        qr_code_id: 'code-unknown',
        name: null,
        status: null,
        scans: 3,
        scans_last_7_days: 1,
        scans_last_30_days: 2,
      },
    ])
  })

  test('every stream has a table, and every column is filled', async () => {
    await destination.apply()
    for (const stream of destination.streams) {
      await destination.upsert(stream, [landedRow(stream, 1)])
      const [row] = await world.query(`SELECT * FROM {}.${stream}`)
      const empty = Object.entries(row ?? {}).filter(([, value]) => value === null)
      expect(empty.map(([column]) => column)).toEqual(stream === 'qr_codes' ? ['deleted_at'] : [])
    }
  })
})
