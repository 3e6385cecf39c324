import fc from 'fast-check'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRandom, integerBetween, randomUuid } from '../../../reference-api/random.ts'
import { maxBlockSize, ScanPositions } from '../../../reference-api/store/scan-positions.ts'
import { prepareSchema } from '../../../reference-api/store/schema.ts'
import { openStore, type Store } from '../../../reference-api/store/store.ts'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})
afterEach(() => {
  store.close()
  vi.restoreAllMocks()
})

const random = createRandom(1)
const scanAt = (scannedAt: number) => ({
  id: randomUuid(random),
  code: 1,
  scannedAt,
  isUnique: true,
  client: store.scans.clientId({
    device_type: 'other',
    os: null,
    browser: null,
    language: null,
    referrer: null,
  }),
  place: store.scans.placeId({ country: null, region: null, city: null }),
})

interface LoggedScan {
  scannedAt: number
  id: string
}

const inOrder = (a: LoggedScan, b: LoggedScan) => a.scannedAt - b.scannedAt || (a.id < b.id ? -1 : 1)

function expectSamePlaces(log: LoggedScan[], start: number, bound: number): void {
  const page = store.scans.slice({ number: 1, id: 'code' }, start, Math.min(start + 10, log.length), true)
  const ids = page.map((json) => (JSON.parse(json) as LoggedScan).id)
  expect(ids).toEqual(log.slice(start, start + 10).map(({ id }) => id))
  expect(store.scans.countBefore(1, bound)).toBe(log.filter(({ scannedAt }) => scannedAt < bound).length)
}

test('matches a sorted list while scans are added at both ends and in between, even after one is rolled back', () => {
  // Few times for many scans, so that runs of the same millisecond cross the edges of pages and blocks.
  const moment = fc.integer({ min: 0, max: 30 })
  const step = fc.record({
    at: fc.nat(),
    bound: moment,
    isTakenBack: fc.boolean(),
    batch: fc.array(moment, { minLength: 1, maxLength: 900, size: 'max' }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      store.close()
      store = openStore(':memory:')
      let log: LoggedScan[] = []
      for (const { batch, at, bound, isTakenBack } of steps) {
        const scans = batch.map(scanAt)
        const insert = () => {
          store.transaction(() => {
            for (const scan of scans) store.scans.insert(scan)
            if (isTakenBack) throw new Error('taken back')
          })
        }
        if (isTakenBack) expect(insert).toThrow('taken back')
        else insert()
        log = (isTakenBack ? log : [...log, ...scans]).toSorted(inOrder)
        expectSamePlaces(log, log.length === 0 ? 0 : at % log.length, bound)
      }
    }),
    // Shrinking hundreds of rows takes minutes, and a failure is plain without it.
    { numRuns: 60, endOnFailure: true },
  )
})

test('finds a scan at any depth, in any order of arrival, with few steps and without reading the log again', () => {
  const db = new DatabaseSync(':memory:')
  prepareSchema(db)
  const insert = db.prepare('INSERT INTO scans VALUES (1, ?, ?, 1, 1, 1)')
  const positions = new ScanPositions(db)
  positions.prepare(1)
  const count = 20_000
  const comeIn = (scannedAt: number) => {
    const id = randomUuid(random)
    insert.run(scannedAt, id)
    positions.inserted(1, scannedAt, id)
  }
  for (let at = 0; at < count / 2; at++) comeIn(at)
  for (let late = 0; late < count / 2; late++) comeIn(integerBetween(random, -1_000, 1_000))
  const ask = vi.spyOn(StatementSync.prototype, 'get')
  const skips = Array.from({ length: count }, (_, position) => positions.near(1, position).skip)
  expect(Math.max(...skips)).toBeLessThan(maxBlockSize)
  expect(ask).not.toHaveBeenCalled()
  comeIn(-2_000)
  expect(positions.near(1, count).skip).toBeLessThan(maxBlockSize)
  expect(ask.mock.calls.length).toBeLessThanOrEqual(1)
  db.close()
})
