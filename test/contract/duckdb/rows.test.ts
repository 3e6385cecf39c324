import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { queryDuckDb } from '../../support/destinations/duckdb-file.ts'
import { landedCode, landedRow, landedScan } from '../../support/ledger/landed-rows.ts'
import { withUpsert, type Upserting } from '../../support/destinations/with-upsert.ts'

describe('DuckDB', () => {
  let folder: string
  let path: string
  let destination: Upserting

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qrsync-duckdb-'))
    path = join(folder, 'qr-codes.duckdb')
    destination = withUpsert(createDuckDbDestination({ name: 'local', path }))
    await destination.apply()
  })

  afterEach(async () => {
    await destination.close()
    await rm(folder, { recursive: true })
  })

  describe('rows that DuckDB refuses', () => {
    test.each([
      [
        'a time that is none',
        { scanned_at: 'yesterday' },
        /^scanned_at cannot be read as TIMESTAMPTZ: yesterday$/,
      ],
      ['no time', { scanned_at: undefined }, /^scanned_at is missing$/],
      ['no code', { qr_code_id: null }, /^qr_code_id is missing$/],
      ['a text for a boolean', { is_unique: 'perhaps' }, /^is_unique cannot be read as BOOLEAN: perhaps$/],
      ['the id of another row', { id: 'scan-7' }, /^The JSON is no object with the id of its row$/],
    ])('%s', async (_, fields, reason) => {
      const bad = { ...landedScan(2, { id: 'bad', ...(fields as object) }), id: 'bad' }
      const outcome = await destination.upsert('scans', [landedScan(1), bad, landedScan(3)])
      expect(outcome).toEqual({
        confirmed: 2,
        rejected: [{ id: 'bad', reason: expect.stringMatching(reason) as string }],
      })
      await destination.close()
      expect(await queryDuckDb(path, 'SELECT id FROM scans ORDER BY id')).toEqual([
        { id: 'scan-1' },
        { id: 'scan-3' },
      ])
    })

    test.each([
      ['analytics_daily', { date: 'today' }, 'date cannot be read as DATE: today'],
      ['analytics_daily', { date: '2026-02-30' }, 'date cannot be read as DATE: 2026-02-30'],
      ['analytics_daily', { date: null }, 'date is missing'],
      ['analytics_daily', { scans: undefined }, 'scans is missing'],
      ['analytics_daily', { unique_scans: 'few' }, 'unique_scans cannot be read as BIGINT: few'],
      ['analytics_breakdown', { first_day: '2026-13-01' }, 'first_day cannot be read as DATE: 2026-13-01'],
      ['analytics_breakdown', { last_day: undefined }, 'last_day is missing'],
      ['analytics_breakdown', { name: null }, 'name is missing'],
      ['analytics_breakdown', { dimension: undefined }, 'dimension is missing'],
    ] as const)('%s with %j', async (stream, fields, reason) => {
      const bad = landedRow(stream, 2, { ...fields, id: 'bad' })
      const good = [landedRow(stream, 1), landedRow(stream, 3)]
      expect(await destination.upsert(stream, [bad, ...good])).toEqual({
        confirmed: 2,
        rejected: [{ id: 'bad', reason }],
      })
      await destination.close()
      expect(await queryDuckDb(path, `SELECT id FROM ${stream} ORDER BY id`)).toEqual(
        good.map(({ id }) => ({ id })),
      )
    })

    test.each([
      '',
      'null',
      '[]',
      '7',
      '{"id":"bad"},{"id":"smuggled"}',
      '{"id":"bad"',
      'nonsense',
      '{"id":"bad","name":"a\u0000b"}',
    ])('a value that is not a row is rejected: %j', async (json) => {
      const outcome = await destination.upsert('qr_codes', [landedCode(1), { seq: 2, id: 'bad', json }])
      expect(outcome).toMatchObject({ confirmed: 1, rejected: [{ id: 'bad' }] })
      await destination.close()
      expect(await queryDuckDb(path, 'SELECT id FROM qr_codes')).toEqual([{ id: 'code-1' }])
    })

    test('every row of a batch is confirmed or rejected, duplicates too', async () => {
      const rows = Array.from({ length: 500 }, (_, seq) =>
        landedScan(seq, { id: `scan-${seq % 400}`, scanned_at: 'never' }),
      )
      const { confirmed, rejected } = await destination.upsert('scans', rows)
      expect(confirmed + rejected.length).toBe(rows.length)
      expect(new Set(rejected.map(({ id }) => id)).size).toBe(400)
    })
  })

  describe('edge values', () => {
    async function kept(json: string): Promise<Record<string, unknown> | undefined> {
      const landed = { ...(JSON.parse(landedScan(1).json) as object), extra: null }
      const row = JSON.stringify(landed).replace('"extra":null', json)
      expect(await destination.upsert('scans', [{ seq: 1, id: 'scan-1', json: row }])).toEqual({
        confirmed: 1,
        rejected: [],
      })
      await destination.close()
      const [scan] = await queryDuckDb(path, 'SELECT city, scanned_at, extra FROM scans')
      return scan
    }

    test('numbers beyond 2^53 keep every digit', async () => {
      expect(await kept('"extra":{"n":12345678901234567890123,"m":9007199254740993}')).toMatchObject({
        extra: '{"n":12345678901234567890123,"m":9007199254740993}',
      })
    })

    test('NUL characters are kept', async () => {
      expect(await kept(String.raw`"city":"a\u0000b","extra":{"z":"\u0000"}`)).toMatchObject({
        extra: '{"z":"\\u0000"}',
      })
    })

    test('half a surrogate pair becomes U+FFFD; whole pairs and escaped backslashes stay', async () => {
      const extra = String.raw`{"half":"\ud83d","other":"\uDE00x","whole":"\ud83d\ude00","text":"\\ud83d"}`
      const row = await kept(`"extra":${extra}`)
      expect(JSON.parse(String(row?.['extra']))).toEqual({
        half: '�',
        other: '�x',
        whole: '😀',
        text: '\\ud83d',
      })
    })

    test('a time keeps its microseconds', async () => {
      const json = landedScan(1, { scanned_at: '2026-01-02T03:04:05.678912Z' }).json
      await destination.upsert('scans', [{ seq: 1, id: 'scan-1', json }])
      await destination.close()
      expect(await queryDuckDb(path, 'SELECT epoch_us(scanned_at)::VARCHAR AS us FROM scans')).toEqual([
        { us: '1767323045678912' },
      ])
    })
  })
})
