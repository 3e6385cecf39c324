import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Column } from '../../../src/streams/define-stream.ts'
import { isSummary, streams, type DeliveredStream, type LandedRow } from '../../../src/streams/streams.ts'
import { loadedAtConformance } from './loaded-at-conformance.ts'
import { deliveryConformance } from './delivery-conformance.ts'
import type { DestinationUnderTest, KeptRow } from './destination-under-test.ts'
import type { Upserting } from './with-upsert.ts'
import { collectedRss } from '../collected-rss.ts'
import { changedFields } from './changed-fields.ts'
import { landedCode, landedRow, landedScan } from '../ledger/landed-rows.ts'

/** Fields of a summary that are never null: its numbers, and what names its record. */
const requiredOfSummaries = [
  'id',
  'rule',
  'record',
  'codes',
  'code_names',
  'qr_code_id',
  'is_linked',
  'total_scans',
  'scans_last_7_days',
  'scans_last_30_days',
]

const oddTexts = [
  ['emoji, right-to-left, combining', '👩‍🚀 שלום e\u0301 \u202e'],
  ['quotes, backslashes, line breaks', `'"\\ \\u0041 \r\n\t; DROP TABLE scans; --`],
  ['control characters', 'a\u0001\u001f\u007f\u2028b'],
  ['a number as text', '00123456789012345678901234567890'],
] as const

/** It differs with each write, so it has tests of its own. */
function withoutLoadedAt(row: KeptRow): KeptRow {
  const kept = { ...row }
  Reflect.deleteProperty(kept, 'loaded_at')
  return kept
}

const parsed = ({ json }: LandedRow) => JSON.parse(json) as KeptRow

/** The suite for every destination, whatever the vendor is. */
export function destinationConformance(tested: DestinationUnderTest): void {
  let destination: Upserting
  const has = (stream: DeliveredStream) => tested.streams.includes(stream)
  const kept = (stream: DeliveredStream, row: LandedRow): KeptRow =>
    tested.keeps?.(stream, parsed(row)) ?? parsed(row)

  beforeEach(async () => {
    destination = await tested.make()
    await destination.apply()
  })

  afterEach(async () => {
    await destination.close()
  })

  const keptScans = () => keptRows('scans')

  async function keptRows(stream: DeliveredStream): Promise<Map<string, KeptRow>> {
    await destination.close()
    const rows = (await tested.readBack(stream)).map(withoutLoadedAt)
    const byId = new Map(rows.map((row) => [row.id, row]))
    expect(byId.size, 'each id is kept once').toBe(rows.length)
    return byId
  }

  describe.each(tested.streams)('rows of %s', (stream) => {
    const row = (seq: number, fields?: object) => landedRow(stream, seq, fields)

    test('every field arrives as it landed', async () => {
      await destination.upsert(stream, [row(1)])
      expect([...(await keptRows(stream)).values()]).toEqual([kept(stream, row(1))])
    })

    test('a repeated batch changes nothing', async () => {
      const rows = [row(1), row(2)]
      expect(await destination.upsert(stream, rows)).toEqual({ confirmed: 2, rejected: [] })
      const once = await keptRows(stream)
      expect(await destination.upsert(stream, rows)).toEqual({ confirmed: 2, rejected: [] })
      expect(await keptRows(stream)).toEqual(once)
    })

    test('the order of rows does not matter', async () => {
      const rows = [row(9), row(2), row(7), row(1)]
      expect(await destination.upsert(stream, rows)).toEqual({ confirmed: 4, rejected: [] })
      expect([...(await keptRows(stream)).keys()].toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
    })

    test('a known id is updated, the rows next to it are not', async () => {
      const [changed, neighbour] = [row(1, changedFields[stream]), row(2)]
      await destination.upsert(stream, [row(1), neighbour])
      expect(await destination.upsert(stream, [changed])).toEqual({ confirmed: 1, rejected: [] })
      const rows = await keptRows(stream)
      expect(rows.get(changed.id)).toEqual(kept(stream, changed))
      expect(rows.get(neighbour.id)).toEqual(kept(stream, neighbour))
    })

    const columns = optionalColumns(row(1))
    const title = 'a change of one column to null, and one from null, arrive and touch nothing else'
    if (columns.length > 0) test(title, changeEachColumn)

    async function changeEachColumn() {
      const full = columns.map((_, index) => row(index + 1))
      const lacking = columns.map((column, index) => row(index + 1, { [column]: null }))
      for (const rows of [full, lacking, full]) {
        await destination.upsert(stream, rows)
        const found = await keptRows(stream)
        for (const each of rows) expect(found.get(each.id)).toEqual(kept(stream, each))
      }
    }

    function optionalColumns(full: LandedRow): string[] {
      const known: Readonly<Record<string, Column>> = isSummary(stream) ? {} : streams[stream].columns
      const required = isSummary(stream)
        ? requiredOfSummaries
        : Object.keys(known).filter((name) => known[name]?.isRequired)
      const isOptional = ([name, value]: [string, unknown]) => value !== null && !required.includes(name)
      return Object.entries(parsed(full))
        .filter(isOptional)
        .map(([name]) => name)
    }

    test('a refused row does not delay the others', async () => {
      const cut = { seq: 2, id: 'cut', json: '{"id": "cut", "qr_code_id": "c' }
      expect(await destination.upsert(stream, [row(1), cut, row(3)])).toEqual({
        confirmed: 2,
        rejected: [{ id: 'cut', reason: expect.stringMatching(/\w{3,}/) as string }],
      })
      expect([...(await keptRows(stream)).keys()].toSorted()).toEqual([row(1).id, row(3).id].toSorted())
    })
  })

  test('scans are counted by code from the stored rows, not from a total', async () => {
    const ids = ['code-1', 'code-2', 'code-3']
    expect([...((await destination.counts?.countScans(ids)) ?? [])]).toEqual([])
    if (has('code_summaries')) {
      await destination.upsert('code_summaries', [
        landedRow('code_summaries', 1, { id: 'code-1', total_scans: 13 }),
      ])
    }
    const scans = ['code-1', 'code-1', 'code-2'].map((qr_code_id, index) =>
      landedScan(index + 1, { id: `scan-${index}`, qr_code_id }),
    )
    await destination.upsert('scans', scans)
    await destination.close()
    expect(await destination.counts?.countScans(ids)).toEqual(
      new Map([
        ['code-1', 2],
        ['code-2', 1],
      ]),
    )
  })

  if (tested.streams.includes('code_summaries')) {
    test('totals are read as they were written; a code without a record is missing', async () => {
      const { id } = landedRow('code_summaries', 1)
      await destination.upsert('code_summaries', [landedRow('code_summaries', 1, { total_scans: 13 })])
      await destination.close()
      expect(await destination.totals?.readTotals([id, 'code-none'])).toEqual(new Map([[id, 13]]))
    })
  }

  describe('rows', () => {
    test('if a batch has an id twice, the row that landed last is kept, and both are confirmed', async () => {
      const rows = [
        landedScan(8, { id: 'twice', city: 'Later' }),
        landedScan(3, { id: 'twice', city: 'Earlier' }),
      ]
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: 2, rejected: [] })
      expect((await keptScans()).get('twice')).toMatchObject({ city: 'Later' })
    })

    test('nulls stay nulls', async () => {
      const nulls = {
        device_type: null,
        os: null,
        browser: null,
        language: null,
        referrer: null,
        is_unique: null,
      }
      const places = { country: null, region: null, city: null, extra: null }
      const row = landedScan(1, { ...nulls, ...places })
      await destination.upsert('scans', [row])
      expect((await keptScans()).get('scan-1')).toEqual(kept('scans', row))
    })

    test('a change to null or from null is written', async () => {
      const rowWith = (seq: number, city: string | null) => landedScan(seq, { id: 'scan-1', city })
      for (const [seq, city] of [null, 'Gdynia', null].entries()) {
        await destination.upsert('scans', [rowWith(seq + 1, city)])
        expect((await keptScans()).get('scan-1')).toMatchObject({ city })
      }
    })

    test.each(oddTexts)('text arrives unchanged: %s', async (_, text) => {
      const row = landedScan(1, { city: text, extra: { text } })
      await destination.upsert('scans', [row])
      expect((await keptScans()).get('scan-1')).toEqual(kept('scans', row))
    })

    if (has('analytics_breakdown')) {
      test.each(oddTexts)('text arrives unchanged in a name and its id: %s', async (_, name) => {
        const row = (seq: number, scans: number) =>
          landedRow('analytics_breakdown', seq, { id: `code-1/city/${name}`, dimension: 'city', name, scans })
        await destination.upsert('analytics_breakdown', [row(1, 1)])
        expect(await destination.upsert('analytics_breakdown', [row(2, 2)])).toEqual({
          confirmed: 1,
          rejected: [],
        })
        expect([...(await keptRows('analytics_breakdown')).values()]).toEqual([parsed(row(2, 2))])
      })
    }

    if (has('qr_codes')) {
      test('codes are stored, updated and deleted ones too', async () => {
        await destination.upsert('qr_codes', [landedCode(1, { scan_count: 1 })])
        await destination.upsert('qr_codes', [
          landedCode(2, { scan_count: 2, deleted_at: '2026-02-03T04:05:06.789Z' }),
        ])
        await destination.close()
        expect(await tested.readBack('qr_codes')).toMatchObject([
          { id: 'code-1', name: 'Menu', scan_count: 2, deleted_at: '2026-02-03T04:05:06.789Z' },
        ])
      })
    }
  })

  describe('accounts', () => {
    test('an empty batch confirms nothing', async () => {
      expect(await destination.upsert('scans', [])).toEqual({ confirmed: 0, rejected: [] })
      expect((await keptScans()).size).toBe(0)
    })

    test('100,000 rows need no more memory than the first 20,000', async () => {
      const batchRows = 10_000
      let settledRss = 0
      for (let start = 0; start < 100_000; start += batchRows) {
        if (start === 20_000) settledRss = collectedRss()
        const rows = Array.from({ length: batchRows }, (_, index) => landedScan(start + index))
        expect(await destination.upsert('scans', rows)).toEqual({ confirmed: batchRows, rejected: [] })
      }
      const grownMb = (collectedRss() - settledRss) / 2 ** 20
      expect(grownMb).toBeLessThan(250)
      expect((await keptScans()).size).toBe(100_000)
    })
  })

  describe('life', () => {
    test('apply can be repeated', async () => {
      await destination.upsert('scans', [landedScan(1)])
      expect(await destination.apply()).toEqual([])
      expect((await keptScans()).size).toBe(1)
    })

    test('close can be repeated, and the next use opens the destination again', async () => {
      await destination.upsert('scans', [landedScan(1)])
      await destination.close()
      await destination.close()
      await destination.upsert('scans', [landedScan(2)])
      expect((await keptScans()).size).toBe(2)
    })

    test('concurrent calls all succeed', async () => {
      const batches = Array.from({ length: 5 }, () =>
        destination.upsert('scans', [landedScan(1), landedScan(2)]),
      )
      for (const outcome of await Promise.all(batches)) {
        expect(outcome).toEqual({ confirmed: 2, rejected: [] })
      }
      expect((await keptScans()).size).toBe(2)
    })

    test('check names the destination, and reports nothing missing', async () => {
      const { identity, needs } = await destination.check()
      expect(identity).toMatch(/^\S.+$/)
      expect(needs.filter(({ isMet }) => !isMet)).toEqual([])
    })

    test('plan describes what apply would do, and changes nothing', async () => {
      const anew = await tested.make()
      const told = await anew.plan()
      expect(told.length).toBeGreaterThan(0)
      expect(await anew.plan()).toEqual(told)
      expect(await anew.apply()).toEqual(told)
      expect(await anew.plan()).toEqual([])
      await anew.close()
    })
  })

  deliveryConformance(tested)
  if (tested.hasLoadedAt === true) loadedAtConformance(tested)
}
