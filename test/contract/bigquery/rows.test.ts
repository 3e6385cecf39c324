import { beforeEach, describe, expect, test } from 'vitest'
import type { LandedRow } from '../../../src/streams/streams.ts'
import { bigQueryWorld, jsonAnswer, seen } from '../../support/bigquery/bigquery-world.ts'
import { landedCode, landedScan } from '../../support/ledger/landed-rows.ts'
import type { Upserting } from '../../support/destinations/with-upsert.ts'
import type { BigQuerySettings } from '../../../src/destinations/bigquery/settings.ts'

describe("BigQuery's rows", () => {
  const world = bigQueryWorld()
  let destination: Upserting

  async function make(changes: Partial<BigQuerySettings> = {}): Promise<void> {
    destination = world.make(changes)
    await destination.apply()
  }

  /** As many as are loaded, and not given in the statement. */
  const many = Array.from({ length: 501 }, (_, index) => landedScan(1_000 + index))

  describe('values on the edge, few rows and many', () => {
    beforeEach(() => make())

    /** @param fields as JSON, so that all of its spellings can be tried */
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

    test.each(ways)(
      'integers of 64 bits keep every digit, longer ones are rounded (%s)',
      async (_, others) => {
        const extra = '{"m":9007199254740993,"n":12345678901234567890123,"o":1e400}'
        const scan = await kept({ extra }, others)
        expect(scan?.['extra']).toMatch(
          /^\{"m":9007199254740993,"n":1\.2345678901234568e\+?22,"o":"1e400"\}$/,
        )
      },
    )

    test.each(ways)("what Google's client would replace (%s)", async (_, others) => {
      const fields = { city: '"{{projectId}}"', extra: '{"{{projectId}}":"{{projectId}}"}' }
      expect(await kept(fields, others)).toMatchObject({ city: '{{projectId}}', extra: fields.extra })
    })

    test.each(ways)('half a surrogate pair becomes U+FFFD, whole pairs do not (%s)', async (_, others) => {
      const extra = String.raw`{"half":"\ud83d","other":"\uDE00x","whole":"\ud83d\ude00","text":"\\ud83d"}`
      const scan = await kept({ extra }, others)
      expect(JSON.parse(String(scan?.['extra']))).toEqual({
        half: '�',
        other: '�x',
        whole: '😀',
        text: String.raw`\ud83d`,
      })
    })

    test.each(ways)('fractions finer than microseconds are cut off (%s)', async (_, others) => {
      const scan = await kept({ scanned_at: '"2026-01-02T03:04:05.678912999Z"' }, others)
      expect(scan?.['micros']).toBe(1_767_323_045_678_912)
    })

    test.each(ways)('JSON that is spread over lines (%s)', async (_, others) => {
      const scan = await kept({ extra: '\r\n {\r\n  "a":\n [1]}\n' }, others)
      expect(JSON.parse(String(scan?.['extra']))).toEqual({ a: [1] })
    })
  })

  describe('that cannot be taken', () => {
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

    test('all of a batch, duplicates included, are accounted for', async () => {
      const rows = Array.from({ length: 500 }, (_, seq) =>
        landedScan(seq, { id: `scan-${seq % 400}`, scanned_at: 'never' }),
      )
      const { confirmed, rejected } = await destination.upsert('scans', rows)
      expect(confirmed + rejected.length).toBe(rows.length)
      expect(new Set(rejected.map(({ id }) => id)).size).toBe(400)
    })

    test('among many, those that only BigQuery objects to: in its own words', async () => {
      const json = landedScan(1).json.replace('"city":', '"city":"Nowhere","city":')
      expect(await destination.upsert('scans', [...many, { seq: 1, id: 'scan-1', json }])).toEqual({
        confirmed: many.length,
        rejected: [{ id: 'scan-1', reason: expect.stringContaining('duplicate key "city"') as string }],
      })
      expect(await world.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM {}.scans')).toEqual([
        { n: many.length, ids: many.length },
      ])
    })

    test('among few, those that only BigQuery objects to: in its own words', async () => {
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

  describe('with fields that nobody knows yet, each in a column of its own', () => {
    beforeEach(() => make({ new_fields: 'columns' }))

    const scan = (seq: number, extra: Record<string, unknown> | null) => landedScan(seq, { extra })
    const columnsBesides = async () => {
      const [row] = await world.query("SELECT * FROM {}.scans WHERE id = 'scan-1'")
      const known = [...Object.keys(JSON.parse(landedScan(1).json) as object), 'loaded_at']
      return Object.fromEntries(
        Object.entries(row ?? {}).filter(([name]) => !known.includes(name) || name === 'extra'),
      )
    }

    test('columns come with the rows, in one update, typed by the values', async () => {
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

    test('a column that is there is filled from then on, by another worker too, and emptied where the field is gone', async () => {
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

    test('what does not fit its column stays in extra, and so does a field of many kinds', async () => {
      await destination.upsert('scans', [scan(9, { visits: 3 })])
      await destination.upsert('scans', [scan(1, { visits: 'many', odd: 1 }), scan(2, { odd: 'two' })])
      expect(await columnsBesides()).toEqual({ visits: null, extra: '{"visits":"many","odd":1}' })
    })

    test('many rows: loaded with their new columns', async () => {
      await destination.upsert('scans', [scan(1, { 'utm-source': 'Ż' }), ...many])
      expect(await columnsBesides()).toEqual({ utm_source: 'Ż', extra: null })
    })

    test("a column of the owner's own is left alone", async () => {
      await world.query('ALTER TABLE {}.scans ADD COLUMN campaign STRING')
      await destination.upsert('scans', [scan(1, null)])
      await world.query("UPDATE {}.scans SET campaign = 'spring' WHERE TRUE")
      await destination.upsert('scans', [scan(1, { utm: 'a' })])
      expect(await columnsBesides()).toEqual({ campaign: 'spring', utm: 'a', extra: null })
    })

    test('codes have them too', async () => {
      await destination.upsert('qr_codes', [landedCode(1, { extra: { owner: 'marketing' } })])
      expect(await world.query('SELECT owner, extra FROM {}.qr_codes')).toEqual([
        { owner: 'marketing', extra: null },
      ])
    })
  })
})

/** With the id that the row has outside in its JSON too. */
function reseat({ seq, id, json }: LandedRow): LandedRow {
  return { seq, id, json: JSON.stringify({ ...(JSON.parse(json) as object), id }) }
}
