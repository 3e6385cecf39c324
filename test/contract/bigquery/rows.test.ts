import { beforeEach, describe, expect, test } from 'vitest'
import type { LandedRow } from '../../../src/streams/streams.ts'
import { bigQueryWorld, jsonAnswer, seen } from '../../support/bigquery/bigquery-world.ts'
import { landedCode, landedScan } from '../../support/ledger/landed-rows.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'
import type { BigQuerySettings } from '../../../src/destinations/bigquery/settings.ts'

describe('BigQuery rows', () => {
  const world = bigQueryWorld()
  let destination: Upserting

  async function make(changes: Partial<BigQuerySettings> = {}): Promise<void> {
    destination = world.make(changes)
    await destination.apply()
  }

  /** Enough rows to be loaded instead of being part of the statement. */
  const many = Array.from({ length: 501 }, (_, index) => landedScan(1_000 + index))

  describe('edge values, in small and large batches', () => {
    beforeEach(() => make())

    /** @param fields as JSON, so that all spellings can be tested */
    async function kept(fields: Record<string, string>, others: readonly LandedRow[]) {
      const landed = Object.entries(JSON.parse(landedScan(1).json) as object).map(
        ([name, value]) => `"${name}":${fields[name] ?? JSON.stringify(value)}`,
      )
      const row = { seq: 1, id: 'scan-1', json: `{${landed.join(',')}}` }
      const count = 1 + others.length
      expect(await destination.upsert('scans', [row, ...others])).toEqual({ confirmed: count, rejected: [] })
      const columns = 'city, extra, UNIX_MICROS(scanned_at) AS micros'
      const [scan] = await world.query(`SELECT ${columns} FROM {}.scans WHERE id = 'scan-1'`)
      return scan
    }

    const ways = [
      ['few', [] as LandedRow[]],
      ['many', many],
    ] as const

    test.each(ways)('64-bit integers keep every digit, longer ones are rounded (%s)', async (_, others) => {
      const extra = '{"m":9007199254740993,"n":12345678901234567890123,"o":1e400}'
      const scan = await kept({ extra }, others)
      expect(scan?.['extra']).toMatch(/^\{"m":9007199254740993,"n":1\.2345678901234568e\+?22,"o":"1e400"\}$/)
    })

    test.each(ways)("text that Google's client would replace stays the same (%s)", async (_, others) => {
      const fields = { city: '"{{projectId}}"', extra: '{"{{projectId}}":"{{projectId}}"}' }
      expect(await kept(fields, others)).toMatchObject({ city: '{{projectId}}', extra: fields.extra })
    })

    test.each(ways)('half a surrogate pair becomes U+FFFD, whole pairs stay (%s)', async (_, others) => {
      const extra = String.raw`{"half":"\ud83d","other":"\uDE00x","whole":"\ud83d\ude00","text":"\\ud83d"}`
      const scan = await kept({ extra }, others)
      expect(JSON.parse(String(scan?.['extra']))).toEqual({
        half: '�',
        other: '�x',
        whole: '😀',
        text: String.raw`\ud83d`,
      })
    })

    test.each(ways)('fractions finer than microseconds are truncated (%s)', async (_, others) => {
      const scan = await kept({ scanned_at: '"2026-01-02T03:04:05.678912999Z"' }, others)
      expect(scan?.['micros']).toBe(1_767_323_045_678_912)
    })

    test.each(ways)('JSON with line breaks is written (%s)', async (_, others) => {
      const scan = await kept({ extra: '\r\n {\r\n  "a":\n [1]}\n' }, others)
      expect(JSON.parse(String(scan?.['extra']))).toEqual({ a: [1] })
    })
  })

  describe('rejected rows', () => {
    beforeEach(() => make())

    test.each([
      [
        'a time that is none',
        { scanned_at: 'yesterday' },
        'scanned_at cannot be read as TIMESTAMP: yesterday',
      ],
      ['no time', { scanned_at: undefined }, 'scanned_at is missing'],
      ['no code', { qr_code_id: null }, 'qr_code_id is missing'],
      ['a text for a boolean', { is_unique: 'perhaps' }, 'is_unique cannot be read as BOOLEAN: perhaps'],
      ['the id of another row', { id: 'scan-7' }, 'The JSON is no object with the id of its row'],
    ])('%s', async (_, fields, reason) => {
      const bad = { ...landedScan(2, { id: 'bad', ...(fields as object) }), id: 'bad' }
      expect(await destination.upsert('scans', [landedScan(1), bad, landedScan(3)])).toEqual({
        confirmed: 2,
        rejected: [{ id: 'bad', reason }],
      })
      expect(await world.query('SELECT id FROM {}.scans ORDER BY id')).toEqual([
        { id: 'scan-1' },
        { id: 'scan-3' },
      ])
    })

    test('every row of a batch is confirmed or rejected, duplicates too', async () => {
      const rows = Array.from({ length: 500 }, (_, seq) =>
        landedScan(seq, { id: `scan-${seq % 400}`, scanned_at: 'never' }),
      )
      const { confirmed, rejected } = await destination.upsert('scans', rows)
      expect(confirmed + rejected.length).toBe(rows.length)
      expect(new Set(rejected.map(({ id }) => id)).size).toBe(400)
    })

    test("a row that only BigQuery refuses is rejected with BigQuery's reason, in a large batch", async () => {
      const json = landedScan(1).json.replace('"city":', '"city":"Nowhere","city":')
      expect(await destination.upsert('scans', [...many, { seq: 1, id: 'scan-1', json }])).toEqual({
        confirmed: many.length,
        rejected: [{ id: 'scan-1', reason: expect.stringContaining('duplicate key "city"') as string }],
      })
      expect(await world.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM {}.scans')).toEqual([
        { n: many.length, ids: many.length },
      ])
    })

    test("a row that only BigQuery refuses is rejected with BigQuery's reason, in a small batch", async () => {
      const rows = [landedScan(1, { city: 'Nowhere' }), landedScan(2), landedScan(3, { city: 'Nowhere' })]
      // A rule that the emulator does not have.
      world.handle = async (call, forward) => {
        const isOfRows = /^POST (\/upload)?\/jobs$/.test(seen(call).what)
        if (!isOfRows || !call.body.includes('Nowhere')) return forward()
        const errorResult = { reason: 'invalid', message: 'There is no such place.' }
        return jsonAnswer(200, { ...seen(call).body, status: { state: 'DONE', errorResult } })
      }
      expect(await destination.upsert('scans', rows)).toEqual({
        confirmed: 1,
        rejected: ['scan-1', 'scan-3'].map((id) => ({ id, reason: 'There is no such place.' })),
      })
      expect(await world.query('SELECT id FROM {}.scans')).toEqual([{ id: 'scan-2' }])
    })
  })

  describe('unknown fields, each in its own column', () => {
    beforeEach(() => make({ new_fields: 'columns' }))

    const scan = (seq: number, extra: Record<string, unknown> | null) => landedScan(seq, { extra })
    const columnsBesides = async () => {
      const [row] = await world.query("SELECT * FROM {}.scans WHERE id = 'scan-1'")
      const known = [...Object.keys(JSON.parse(landedScan(1).json) as object), 'loaded_at']
      return Object.fromEntries(
        Object.entries(row ?? {}).filter(([name]) => !known.includes(name) || name === 'extra'),
      )
    }

    test('new columns come with the rows, in one update, typed by their values', async () => {
      world.calls.length = 0
      const extra = { utm: 'a', visits: 3, score: 0.5, is_bot: false, tags: ['x'], nothing: null }
      await destination.upsert('scans', [scan(1, extra), scan(2, { visits: 4, utm: 'b' }), scan(3, null)])
      expect(world.calls.filter(({ what }) => what.startsWith('PATCH'))).toHaveLength(1)
      expect(await columnsBesides()).toEqual({
        utm: 'a',
        visits: 3,
        score: 0.5,
        is_bot: false,
        tags: '["x"]',
        extra: '{"nothing":null}',
      })
      expect(
        await world.query('SELECT utm, visits, extra FROM {}.scans WHERE id != "scan-1" ORDER BY id'),
      ).toEqual([
        { utm: 'b', visits: 4, extra: null },
        { utm: null, visits: null, extra: null },
      ])
    })

    test('an existing column is filled from then on, also by another worker, and cleared when the field is missing', async () => {
      await destination.upsert('scans', [scan(1, { utm: 'a' }), scan(2, { utm: 'b' })])
      destination = world.make({ ...world.config })
      await destination.apply()
      world.calls.length = 0
      await destination.upsert(
        'scans',
        [scan(11, { utm: 'c' }), { ...scan(12, null), id: 'scan-2' }].map(reseat),
      )
      expect(world.calls.some(({ what }) => what.startsWith('PATCH'))).toBe(false)
      expect(await world.query('SELECT id, utm FROM {}.scans ORDER BY id')).toEqual([
        { id: 'scan-1', utm: 'a' },
        { id: 'scan-11', utm: 'c' },
        { id: 'scan-2', utm: null },
      ])
    })

    test('a value that does not fit its column stays in extra, as does a field of many types', async () => {
      await destination.upsert('scans', [scan(9, { visits: 3 })])
      await destination.upsert('scans', [scan(1, { visits: 'many', odd: 1 }), scan(2, { odd: 'two' })])
      expect(await columnsBesides()).toEqual({ visits: null, extra: '{"visits":"many","odd":1}' })
    })

    test('a large batch is loaded with its new columns', async () => {
      await destination.upsert('scans', [scan(1, { 'utm-source': 'Ż' }), ...many])
      expect(await columnsBesides()).toEqual({ utm_source: 'Ż', extra: null })
    })

    test('a column that the owner added stays as it is', async () => {
      await world.query('ALTER TABLE {}.scans ADD COLUMN campaign STRING')
      await destination.upsert('scans', [scan(1, null)])
      await world.query("UPDATE {}.scans SET campaign = 'spring' WHERE TRUE")
      await destination.upsert('scans', [scan(1, { utm: 'a' })])
      expect(await columnsBesides()).toEqual({ campaign: 'spring', utm: 'a', extra: null })
    })

    test('codes get columns for unknown fields too', async () => {
      await destination.upsert('qr_codes', [landedCode(1, { extra: { owner: 'marketing' } })])
      expect(await world.query('SELECT owner, extra FROM {}.qr_codes')).toEqual([
        { owner: 'marketing', extra: null },
      ])
    })
  })
})

/** Puts the row's outer id into its JSON too. */
function reseat({ seq, id, json }: LandedRow): LandedRow {
  return { seq, id, json: JSON.stringify({ ...(JSON.parse(json) as object), id }) }
}
