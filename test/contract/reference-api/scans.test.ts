import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../support/reference-api/reference-api.ts'

const now = Date.UTC(2026, 2, 14)
const moment = '2026-03-10T12:00:00.000Z'

interface Scan {
  id: string
  scanned_at: string
}

let api: InProcessReferenceApi
let code: ListedQrCode

beforeAll(async () => {
  api = await startReferenceApi({ codes: 1, scans: 1_234, now: () => now })
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
  code = await anyQrCode(api)
})
afterAll(() => api.close())

const page = async (query: string) => (await callApi<Scan[]>(api, `/qr-codes/${code.id}/scans?${query}`)).body

async function readAll(query: string, perPage = 100): Promise<Scan[]> {
  const scans: Scan[] = []
  for (let number = 1; ; number++) {
    const body = await page(`${query}&per_page=${perPage}&page=${number}`)
    scans.push(...body.data)
    if (number >= body.pagination.total_pages) return scans
  }
}

const byKey = (a: Scan, b: Scan) => (`${a.scanned_at} ${a.id}` < `${b.scanned_at} ${b.id}` ? -1 : 1)

describe('order', () => {
  test('asc is by (scanned_at, id), desc is the reverse, and desc is the default', async () => {
    const ascending = await readAll('order=asc')
    expect(ascending).toHaveLength(1_234)
    expect(ascending).toEqual(ascending.toSorted(byKey))
    expect(await readAll('order=desc', 37)).toEqual(ascending.toReversed())
    expect((await page('')).data).toEqual(ascending.toReversed().slice(0, 20))
  })

  test('scans of the same millisecond are ordered by id, across pages too', async () => {
    const own = await startReferenceApi({ codes: 1, scans: 0, now: () => now })
    const { id } = await anyQrCode(own)
    const given = Array.from({ length: 5 }, () => ({ qr_code_id: id, scanned_at: moment }))
    const ids = await own.insertScans(given)
    const pages = await Promise.all(
      [1, 2, 3].map((n) => callApi<Scan[]>(own, `/qr-codes/${id}/scans?order=asc&per_page=2&page=${n}`)),
    )
    expect(pages.flatMap(({ body }) => body.data.map((scan) => scan.id))).toEqual(ids.toSorted())
    await own.close()
  })
})

describe('from and to', () => {
  test('from is inclusive, to is exclusive', async () => {
    const scans = await readAll('order=asc')
    const [from = '', to = ''] = [scans[300]?.scanned_at, scans[900]?.scanned_at]
    const expected = scans.filter(({ scanned_at }) => scanned_at >= from && scanned_at < to)
    expect(await readAll(`order=asc&from=${from}&to=${to}`)).toEqual(expected)
    expect(await readAll(`order=desc&from=${from}&to=${to}`)).toEqual(expected.toReversed())
    expect((await page(`from=${from}&to=${to}`)).pagination.total).toBe(expected.length)
    expect((await page(`from=${from}&to=${from}`)).pagination).toMatchObject({ total: 0, total_pages: 0 })
  })

  test('a bound finer than a millisecond separates the right scans', async () => {
    const [scan] = await readAll('order=asc')
    const finer = String(scan?.scanned_at).replace('Z', '1Z')
    expect((await page(`from=${finer}`)).pagination.total).toBe(1_233)
    expect((await page(`to=${finer}`)).pagination.total).toBe(1)
  })

  test('a time zone is respected', async () => {
    const total = async (from: string) => (await page(`from=${encodeURIComponent(from)}`)).pagination.total
    expect(await total('2026-03-01T01:00:00+01:00')).toBe(await total('2026-03-01T00:00:00Z'))
  })
})

test('a late scan appears at its position in the middle, even deep in the log', async () => {
  const own = await startReferenceApi({ codes: 1, scans: 2_000, now: () => now })
  await own.setLimits({ per_minute: 1e6, per_month: 1e6 })
  const { id } = await anyQrCode(own)
  const read = async (n: number) =>
    (await callApi<Scan[]>(own, `/qr-codes/${id}/scans?order=asc&per_page=100&page=${n}`)).body
  const before = (await read(20)).data
  const [late] = await own.insertScans([{ qr_code_id: id, scanned_at: '2026-01-01T00:00:00.000Z' }])
  const moved = await read(20)
  expect(moved.data.slice(1)).toEqual(before.slice(0, 99))
  expect(moved.pagination.total).toBe(2_001)
  expect((await read(21)).data).toEqual([before[99]])
  expect((await anyQrCode(own)).scan_count).toBe(2_001)
  expect(await own.scanIds()).toContain(late)
  await own.close()
})

describe('bounds', () => {
  test.each([
    'per_page=0',
    'per_page=101',
    'per_page=ten',
    'per_page=1.5',
    'page=0',
    'page=-1',
    'page=',
    'order=up',
  ])('422 for %s', async (query) => {
    const { status, body } = await callApi(api, `/qr-codes/${code.id}/scans?${query}`)
    expect([status, body.code, Object.keys(body.fields)]).toEqual([
      422,
      'VALIDATION_FAILED',
      [query.split('=')[0]],
    ])
  })

  test.each([
    'from=yesterday',
    'from=2026-02-30T00:00:00Z',
    'to=2026-03-01',
    'from=1772323200',
    'from=2026-03-01T00:00:00',
  ])('422 for %s', async (query) => {
    const { status, body } = await callApi(api, `/qr-codes/${code.id}/scans?${query}`)
    expect([status, Object.keys(body.fields)]).toEqual([422, [query.split('=')[0]]])
  })

  test('422 if to is before from, and for a repeated parameter', async () => {
    const reversed = await callApi(
      api,
      `/qr-codes/${code.id}/scans?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z`,
    )
    expect([reversed.status, reversed.body.fields]).toEqual([422, { to: ['must not be before from'] }])
    expect((await callApi(api, `/qr-codes/${code.id}/scans?page=1&page=2`)).status).toBe(422)
  })

  test('a page beyond the last one is empty', async () => {
    const body = await page('page=1000000000&per_page=100')
    expect(body.data).toEqual([])
    expect(body.pagination.total).toBe(1_234)
  })

  test('unknown parameters are ignored, whatever their names are', async () => {
    const body = await page(
      '__proto__[polluted]=1&constructor[prototype][polluted]=1&hasOwnProperty=1&cursor=x',
    )
    expect(body.data).toHaveLength(20)
    expect({}).not.toHaveProperty('polluted')
  })
})
