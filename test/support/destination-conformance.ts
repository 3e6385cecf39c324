import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Destination } from '../../src/destinations/destination.ts'
import type { StreamName } from '../../src/model/stream.ts'
import { landedCode, landedScan, scanOf } from './landed-rows.ts'

/** A row as a destination keeps it, spelled as the model spells it; times as `Date.toISOString` writes them. */
export type KeptRow = Record<string, unknown> & { id: string }

/**
 * What every destination must do, whatever is behind it.
 *
 * @param makeDestination one with nothing in it yet, for each test
 * @param readBack all that the last made destination keeps of a stream, read past it, once it is closed
 */
export function destinationConformance(
  makeDestination: () => Promise<Destination>,
  readBack: (stream: StreamName) => Promise<KeptRow[]>,
): void {
  let destination: Destination

  beforeEach(async () => {
    destination = await makeDestination()
    await destination.prepare()
  })

  afterEach(async () => {
    await destination.close()
  })

  async function keptScans(): Promise<Map<string, KeptRow>> {
    await destination.close()
    const rows = await readBack('scans')
    const byId = new Map(rows.map((row) => [row.id, row]))
    expect(byId.size, 'each id is kept once').toBe(rows.length)
    return byId
  }

  describe('rows', () => {
    test('a batch that comes again changes nothing', async () => {
      const rows = [landedScan(1), landedScan(2)]
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: 2, rejected: [] })
      const once = await keptScans()
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: 2, rejected: [] })
      expect(await keptScans()).toEqual(once)
    })

    test('the order of rows does not matter', async () => {
      const rows = [landedScan(9), landedScan(2), landedScan(7), landedScan(1)]
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: 4, rejected: [] })
      expect([...(await keptScans()).keys()].toSorted()).toEqual(['scan-1', 'scan-2', 'scan-7', 'scan-9'])
    })

    test('of the same id twice in a batch the one landed last is kept, and both are confirmed', async () => {
      const rows = [
        landedScan(8, { id: 'twice', city: 'Later' }),
        landedScan(3, { id: 'twice', city: 'Earlier' }),
      ]
      expect(await destination.upsert('scans', rows)).toEqual({ confirmed: 2, rejected: [] })
      expect((await keptScans()).get('twice')).toMatchObject({ city: 'Later' })
    })

    test('a known id is updated, its neighbours are not', async () => {
      await destination.upsert('scans', [landedScan(1), landedScan(2)])
      await destination.upsert('scans', [
        landedScan(3, { id: 'scan-1', city: null, is_unique: false, extra: { a: 1 } }),
      ])
      const kept = await keptScans()
      expect(kept.get('scan-1')).toMatchObject({ city: null, is_unique: false, extra: { a: 1 } })
      expect(kept.get('scan-2')).toMatchObject({ city: 'Kraków', is_unique: true, extra: null })
    })

    test('every field arrives as it was landed', async () => {
      const scan = scanOf({ id: 'whole', extra: { nested: { list: [1, 'two', null] }, flag: false } })
      await destination.upsert('scans', [{ seq: 1, id: 'whole', json: JSON.stringify(scan) }])
      expect((await keptScans()).get('whole')).toEqual(scan)
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
      await destination.upsert('scans', [landedScan(1, { ...nulls, ...places })])
      expect((await keptScans()).get('scan-1')).toMatchObject({ ...nulls, ...places })
    })

    test.each([
      ['emoji, right-to-left, combining', '👩‍🚀 שלום e\u0301 \u202e'],
      ['quotes, backslashes, line breaks', `'"\\ \\u0041 \r\n\t; DROP TABLE scans; --`],
      ['control characters', 'a\u0001\u001f\u007f\u2028b'],
      ['a number as text', '00123456789012345678901234567890'],
    ])('text is kept: %s', async (_, text) => {
      await destination.upsert('scans', [landedScan(1, { city: text, extra: { text } })])
      expect((await keptScans()).get('scan-1')).toMatchObject({ city: text, extra: { text } })
    })

    test('codes are kept, updated and deleted ones too', async () => {
      await destination.upsert('qr_codes', [landedCode(1, { scan_count: 1 })])
      await destination.upsert('qr_codes', [
        landedCode(2, { scan_count: 2, deleted_at: '2026-02-03T04:05:06.789Z' }),
      ])
      await destination.close()
      expect(await readBack('qr_codes')).toMatchObject([
        { id: 'code-1', name: 'Menu', scan_count: 2, deleted_at: '2026-02-03T04:05:06.789Z' },
      ])
    })
  })

  describe('accounts', () => {
    test('an empty batch', async () => {
      expect(await destination.upsert('scans', [])).toEqual({ confirmed: 0, rejected: [] })
      expect((await keptScans()).size).toBe(0)
    })

    test('a row that is refused does not hold up the others', async () => {
      const outcome = await destination.upsert('scans', [
        landedScan(1),
        { seq: 2, id: 'cut', json: '{"id": "cut", "qr_code_id": "c' },
        landedScan(3),
      ])
      expect(outcome).toEqual({
        confirmed: 2,
        rejected: [{ id: 'cut', reason: expect.stringMatching(/\w{3,}/) as string }],
      })
      expect([...(await keptScans()).keys()].toSorted()).toEqual(['scan-1', 'scan-3'])
    })

    test('100,000 rows take no more memory than the first 20,000', async () => {
      const batchRows = 10_000
      let settledRss = 0
      for (let start = 0; start < 100_000; start += batchRows) {
        if (start === 20_000) settledRss = process.memoryUsage().rss
        const rows = Array.from({ length: batchRows }, (_, index) => landedScan(start + index))
        expect(await destination.upsert('scans', rows)).toEqual({ confirmed: batchRows, rejected: [] })
      }
      const grownMb = (process.memoryUsage().rss - settledRss) / 2 ** 20
      expect(grownMb).toBeLessThan(250)
      expect((await keptScans()).size).toBe(100_000)
    })
  })

  describe('life', () => {
    test('prepare comes again without harm', async () => {
      await destination.upsert('scans', [landedScan(1)])
      await destination.prepare()
      expect((await keptScans()).size).toBe(1)
    })

    test('close comes again, and use after it opens anew', async () => {
      await destination.upsert('scans', [landedScan(1)])
      await destination.close()
      await destination.close()
      await destination.upsert('scans', [landedScan(2)])
      expect((await keptScans()).size).toBe(2)
    })

    test('calls at the same time', async () => {
      const batches = Array.from({ length: 5 }, () =>
        destination.upsert('scans', [landedScan(1), landedScan(2)]),
      )
      for (const outcome of await Promise.all(batches))
        expect(outcome).toEqual({ confirmed: 2, rejected: [] })
      expect((await keptScans()).size).toBe(2)
    })

    test('check says where we are', async () => {
      expect(await destination.check()).toMatch(/^\S.+$/)
    })
  })
}
