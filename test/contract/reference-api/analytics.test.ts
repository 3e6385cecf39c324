import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { GivenScan } from '../../../reference-api/scans/given-scans.ts'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const dayMs = 86_400_000
/** The days around a leap day, seen from a time when all of them are over. */
const firstDay = Date.UTC(2028, 1, 20)
const days = 20
const now = Date.UTC(2028, 3, 1)

const shares = {
  devices: 'device_type',
  operating_systems: 'os',
  browsers: 'browser',
  countries: 'country',
  cities: 'city',
} as const

interface Scan extends Record<(typeof shares)[keyof typeof shares], string | null> {
  scanned_at: string
  is_unique: boolean
}

interface Analytics extends Record<keyof typeof shares, { name: string; scans: number }[]> {
  qr_code_id: string
  from: string
  to: string
  total_scans: number
  unique_scans: number
  series: { date: string; scans: number; unique_scans: number }[]
}

let api: InProcessReferenceApi

beforeAll(async () => {
  api = await startReferenceApi({ codes: 0, scans: 0, now: () => now })
  await api.setLimits({ per_minute: 1e9, per_month: 1e9 })
})
afterAll(() => api.close())

const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const getAnalytics = (id: string, query: string) =>
  callApi<Analytics>(api, `/qr-codes/${id}/analytics?${query}`)

/** The whole log, in pages of a random size. */
async function logOf(id: string, range: string, perPage: number): Promise<Scan[]> {
  const scans: Scan[] = []
  for (let page = 1; ; page++) {
    const { body } = await callApi<Scan[]>(
      api,
      `/qr-codes/${id}/scans?${range}&order=asc&per_page=${perPage}&page=${page}`,
    )
    scans.push(...body.data)
    if (page >= body.pagination.total_pages) return scans
  }
}

/** The expected sums, counted one by one. */
function summed(id: string, from: number, to: number, scans: Scan[]): Analytics {
  const count = (matches: (scan: Scan) => boolean) => scans.filter(matches).length
  const series = Array.from({ length: (to - from) / dayMs + 1 }, (_, index) => {
    const date = toDay(from + index * dayMs)
    const isThen = (scan: Scan) => scan.scanned_at.startsWith(date)
    return { date, scans: count(isThen), unique_scans: count((scan) => isThen(scan) && scan.is_unique) }
  })
  const sharesOf = (field: (typeof shares)[keyof typeof shares]) => {
    const names = new Set(scans.map((scan) => scan[field] ?? 'Unknown'))
    return [...names]
      .map((name) => ({ name, scans: count((scan) => (scan[field] ?? 'Unknown') === name) }))
      .toSorted((a, b) => b.scans - a.scans || (a.name < b.name ? -1 : 1))
  }
  return {
    qr_code_id: id,
    from: toDay(from),
    to: toDay(to),
    total_scans: scans.length,
    unique_scans: count(({ is_unique }) => is_unique),
    series,
    ...(Object.fromEntries(Object.entries(shares).map(([list, field]) => [list, sharesOf(field)])) as Pick<
      Analytics,
      keyof typeof shares
    >),
  }
}

// Often the first and last milliseconds of days.
const moment = fc
  .tuple(
    fc.integer({ min: 0, max: days - 1 }),
    fc.oneof(fc.constantFrom(0, 1, dayMs - 1), fc.integer({ min: 0, max: dayMs - 1 })),
  )
  .map(([day, ms]) => firstDay + day * dayMs + ms)

const scan = fc.record({
  scannedAt: moment,
  is_unique: fc.boolean(),
  device_type: fc.constantFrom('mobile', 'tablet', 'desktop', 'bot', 'other'),
  os: fc.constantFrom('iOS', 'Android', 'Unknown', null),
  browser: fc.constantFrom('Safari', 'Chrome', 'Firefox', null),
  country: fc.constantFrom('DE', 'FR', null),
  city: fc.constantFrom('Berlin', 'Paris', 'Łódź', 'ベルリン', null),
})

const scans = fc.array(scan, { maxLength: 60 })
const range = fc
  .tuple(fc.integer({ min: -3, max: days + 3 }), fc.integer({ min: 0, max: 25 }))
  .map(([start, length]) => ({ from: firstDay + start * dayMs, to: firstDay + (start + length) * dayMs }))

test('the sums match the scan log for any range of days, late scans included', async () => {
  await fc.assert(
    fc.asyncProperty(
      scans,
      scans,
      range,
      fc.integer({ min: 1, max: 100 }),
      async (early, late, asked, perPage) => {
        const id = await api.createQrCode({ name: 'Random' })
        const { from, to } = asked
        const query = `from=${toDay(from)}&to=${toDay(to)}`
        const log = `from=${toDay(from)}T00:00:00Z&to=${toDay(to + dayMs)}T00:00:00Z`
        // The second time, new scans lie between those that were counted.
        for (const given of [early, late]) {
          await api.insertScans(
            given.map(({ scannedAt, ...each }) => ({
              ...(each as Partial<GivenScan>),
              qr_code_id: id,
              scanned_at: new Date(scannedAt).toISOString(),
            })),
          )
          const { body } = await getAnalytics(id, query)
          expect(body.data).toEqual(summed(id, from, to, await logOf(id, log, perPage)))
        }
        await api.deleteQrCode(id)
      },
    ),
    { numRuns: 60 },
  )
}, 300_000)

test('the sums of a seeded account over a year match its scan log', async () => {
  const own = await startReferenceApi({ codes: 1, scans: 3_000, days: 200, seed: 5, now: () => now })
  onTestFinished(() => own.close())
  const { id } = await anyQrCode(own)
  const from = now - 365 * dayMs
  const { body } = await callApi<Analytics>(own, `/qr-codes/${id}/analytics?from=${toDay(from)}`)
  const log: Scan[] = []
  for (let page = 1; page <= 30; page++) {
    log.push(...(await callApi<Scan[]>(own, `/qr-codes/${id}/scans?per_page=100&page=${page}`)).body.data)
  }
  expect(log).toHaveLength(3_000)
  expect(body.data).toEqual(summed(id, from, now, log))
})

describe('the range of days', () => {
  async function newCode(): Promise<string> {
    return api.createQrCode({ name: 'Days' })
  }

  test.each([
    ['', '2028-03-03', '2028-04-01', 30],
    ['to=2028-03-01', '2028-02-01', '2028-03-01', 30],
    ['from=2028-03-31', '2028-03-31', '2028-04-01', 2],
    ['from=2028-02-29&to=2028-02-29', '2028-02-29', '2028-02-29', 1],
    ['from=2027-03-01&to=2028-02-29', '2027-03-01', '2028-02-29', 366],
    ['from=9999-12-31&to=9999-12-31', '9999-12-31', '9999-12-31', 1],
    ['to=0000-01-01', '0000-01-01', '0000-01-01', 1],
  ])('%j requests %s to %s', async (query, from, to, count) => {
    const { status, body } = await getAnalytics(await newCode(), query)
    expect([status, body.data.from, body.data.to, body.data.series.length]).toEqual([200, from, to, count])
  })

  test.each([
    ['from=2027-02-28&to=2028-02-29', { from: ['must be at most 365 days before to'] }],
    ['from=2028-03-02&to=2028-03-01', { to: ['must not be before from'] }],
    ['from=2028-04-02', { from: ['must not be after today'] }],
    ['from=2027-02-29', { from: ['must be a day that exists, like 2026-03-14'] }],
    ['to=2028-02-30', { to: ['must be a day that exists, like 2026-03-14'] }],
    ['from=2028-2-1', { from: ['must be a day that exists, like 2026-03-14'] }],
    ['from=2028-02-01T00:00:00Z', { from: ['must be a day that exists, like 2026-03-14'] }],
    [
      'from=yesterday&to=',
      {
        from: ['must be a day that exists, like 2026-03-14'],
        to: ['must be a day that exists, like 2026-03-14'],
      },
    ],
  ])('422 for %s', async (query, fields) => {
    const { status, body } = await getAnalytics(await newCode(), query)
    expect([status, body.code, body.fields]).toEqual([422, 'VALIDATION_FAILED', fields])
  })

  test('any two dates: 200 if they are in order and at most 366 days apart, otherwise 422', async () => {
    const id = await newCode()
    const day = fc.integer({ min: 0, max: 900 }).map((index) => Date.UTC(2027, 0, 1) + index * dayMs)
    await fc.assert(
      fc.asyncProperty(day, day, async (from, to) => {
        const { status, body } = await getAnalytics(id, `from=${toDay(from)}&to=${toDay(to)}`)
        const isRange = to >= from && to - from <= 365 * dayMs
        expect(status).toBe(isRange ? 200 : 422)
        if (isRange) expect(body.data.series).toHaveLength((to - from) / dayMs + 1)
        else expect(Object.keys(body.fields)).toEqual([to < from ? 'to' : 'from'])
      }),
      { numRuns: 80 },
    )
  })
})
