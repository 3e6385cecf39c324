import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addKey } from '../../../reference-api/account/keys.ts'
import { seedAccount } from '../../../reference-api/seed/seed.ts'
import {
  anyQrCode,
  callApi,
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../support/reference-api/reference-api.ts'

const now = Date.UTC(2026, 2, 14, 9, 26, 53, 589)
const unknownId = '00000000-0000-4000-8000-000000000000'

const shares = [
  ['devices', 'device_type'],
  ['operating_systems', 'os'],
  ['browsers', 'browser'],
  ['countries', 'country'],
  ['cities', 'city'],
] as const

interface Scan extends Record<(typeof shares)[number][1], string | null> {
  scanned_at: string
  is_unique: boolean
}

interface Analytics extends Record<(typeof shares)[number][0], { name: string; scans: number }[]> {
  from: string
  to: string
  total_scans: number
  unique_scans: number
  series: { date: string; scans: number }[]
}

let api: InProcessReferenceApi
const get = <Data = ListedQrCode[]>(path: string) => callApi<Data>(api, path)

beforeAll(async () => {
  api = await startReferenceApi({ codes: 45, scans: 1_500, now: () => now })
})
afterAll(() => api.close())

async function mostScanned(): Promise<ListedQrCode> {
  return (await listQrCodes(api)).reduce((most, code) => (code.scan_count > most.scan_count ? code : most))
}

describe('GET /me', () => {
  test('returns account, plan and usage, this call included', async () => {
    const before = await get<{ usage: { api_calls_this_month: number } }>('/me')
    const { status, body } = await get('/me')
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      data: {
        account_id: api.accountId,
        email: 'demo@example.com',
        plan: 'advanced',
        usage: {
          dynamic_qr_count: 45,
          dynamic_qr_limit: 250,
          api_calls_this_month: before.body.data.usage.api_calls_this_month + 1,
          api_calls_monthly_limit: 100_000,
        },
      },
    })
  })
})

describe('GET /qr-codes', () => {
  test('lists 20 codes per page by default, newest first, and every code on some page', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => get(`/qr-codes?page=${page}`)))
    expect(pages.map(({ body }) => body.data.length)).toEqual([20, 20, 5, 0])
    expect(pages[1]?.body.pagination).toEqual({ page: 2, per_page: 20, total: 45, total_pages: 3 })
    const codes = pages.flatMap(({ body }) => body.data)
    expect(new Set(codes.map(({ id }) => id)).size).toBe(45)
    const times = codes.map(({ created_at }) => created_at)
    expect(times).toEqual(times.toSorted().reverse())
  })

  test('sorts by created_at and by -last_scanned_at, codes without scans last', async () => {
    const oldest = (await listQrCodes(api, 'sort=created_at')).map(({ created_at }) => created_at)
    expect(oldest).toEqual(oldest.toSorted())
    const empty = await startReferenceApi({ codes: 3, scans: 0, now: () => now })
    const [first, second, third] = (await listQrCodes(empty)).map(({ id, scan_count, last_scanned_at }) => {
      expect([scan_count, last_scanned_at]).toEqual([0, null])
      return id
    })
    await empty.insertScans([
      { qr_code_id: String(second), scanned_at: '2026-03-01T00:00:00Z' },
      { qr_code_id: String(third), scanned_at: '2026-03-02T00:00:00Z' },
    ])
    const sorted = await listQrCodes(empty, 'sort=-last_scanned_at')
    expect(sorted.map(({ id }) => id)).toEqual([third, second, first])
    await empty.close()
  })

  test('filters by text, ignoring case, and by updated_since', async () => {
    const all = await listQrCodes(api)
    const found = (await get('/qr-codes?per_page=100&q=TRADE')).body
    expect(found.data.length).toBeGreaterThan(0)
    expect(found.data.length).toBe(
      all.filter((code) => JSON.stringify(code).toLowerCase().includes('trade')).length,
    )
    expect(found.pagination.total).toBe(found.data.length)
    const since = String(all.map(({ updated_at }) => updated_at).toSorted()[30])
    expect((await get(`/qr-codes?updated_since=${since}`)).body.pagination.total).toBe(15)
  })

  test('leaves out deleted codes unless the request includes them', async () => {
    const own = await startReferenceApi({ codes: 3, scans: 30, now: () => now })
    const first = await anyQrCode(own)
    await own.deleteQrCode(first.id)
    expect((await callApi(own, '/qr-codes')).body.pagination.total).toBe(2)
    const all = await listQrCodes(own, 'include_deleted=true')
    expect(all.map(({ status, deleted_at }) => [status, deleted_at])).toEqual([
      ['deleted', '2026-03-14T09:26:53.589Z'],
      ['active', null],
      ['active', null],
    ])
    for (const path of ['', '/scans', '/analytics']) {
      expect((await callApi(own, `/qr-codes/${first.id}${path}`)).status).toBe(404)
    }
    expect((await callApi(own, '/me')).body.data).toMatchObject({ usage: { dynamic_qr_count: 2 } })
    await own.close()
  })
})

describe('GET /qr-codes/{id}', () => {
  test('returns the same code as the list', async () => {
    const code = await anyQrCode(api)
    expect((await get(`/qr-codes/${code.id}`)).body).toEqual({ success: true, data: code })
    expect(code.short_url).toMatch(new RegExp(`^${api.url}/r/\\w{7}$`))
  })

  test.each([unknownId, 'not-a-uuid', '%F0%9F%92%A9', "' OR 1=1 --", '__proto__', 'x'.repeat(500)])(
    '404 for %s',
    async (id) => {
      const { status, body } = await get(`/qr-codes/${encodeURIComponent(id)}`)
      expect([status, body.code]).toEqual([404, 'NOT_FOUND'])
    },
  )

  test("404 for another account's code", async () => {
    const other = seedAccount(api.store, { codes: 1, scans: 5, seed: 99, now })
    const key = addKey(api.store, other, now)
    const code = await anyQrCode({ ...api, key })
    expect((await callApi(api, `/qr-codes/${code.id}`, { key })).status).toBe(200)
    for (const path of ['', '/scans', '/analytics']) {
      expect((await get(`/qr-codes/${code.id}${path}`)).status).toBe(404)
    }
  })
})

describe('GET /qr-codes/{id}/analytics', () => {
  test('sums the scan log of the same days', async () => {
    const { id } = await mostScanned()
    const { data } = (await get<Analytics>(`/qr-codes/${id}/analytics?from=2026-02-01&to=2026-02-28`)).body
    const scans: Scan[] = []
    for (let page = 1; ; page++) {
      const range = 'from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z'
      const { body } = await get<Scan[]>(`/qr-codes/${id}/scans?${range}&per_page=100&page=${page}`)
      scans.push(...body.data)
      if (page >= body.pagination.total_pages) break
    }
    const count = (matches: (scan: Scan) => boolean) => scans.filter(matches).length
    expect(data.total_scans).toBe(scans.length)
    expect(data.unique_scans).toBe(count(({ is_unique }) => is_unique))
    expect(data.series).toHaveLength(28)
    for (const { date, scans: n } of data.series) {
      expect(n).toBe(count(({ scanned_at }) => scanned_at.startsWith(date)))
    }
    for (const [list, field] of shares) {
      expect(data[list].length).toBeGreaterThan(0)
      for (const { name, scans: n } of data[list]) {
        expect(n).toBe(count((scan) => (scan[field] ?? 'Unknown') === name))
      }
      const sizes = data[list].map(({ scans: n }) => n)
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    }
  })

  test('covers the last 30 days by default', async () => {
    const { data } = (await get<Analytics>(`/qr-codes/${(await mostScanned()).id}/analytics`)).body
    expect([data.from, data.to, data.series.length]).toEqual(['2026-02-13', '2026-03-14', 30])
  })

  test('accepts at most 366 days', async () => {
    const path = `/qr-codes/${(await mostScanned()).id}/analytics?to=2026-03-14&from=`
    expect((await get(`${path}2025-03-14`)).status).toBe(200)
    const { status, body } = await get(`${path}2025-03-13`)
    expect([status, Object.keys(body.fields)]).toEqual([422, ['from']])
  })
})

test('returns geolocation on Advanced only', async () => {
  const pro = await startReferenceApi({ plan: 'pro', codes: 1, scans: 20, now: () => now })
  const { id } = await anyQrCode(pro)
  const firstScan = async () => (await callApi<Scan[]>(pro, `/qr-codes/${id}/scans`)).body.data[0]
  for (const field of ['country', 'region', 'city']) expect(await firstScan()).not.toHaveProperty(field)
  const { data } = (await callApi(pro, `/qr-codes/${id}/analytics`)).body
  for (const list of ['countries', 'cities']) expect(data).not.toHaveProperty(list)
  pro.store.accounts.setPlan(pro.accountId, 'advanced')
  for (const field of ['country', 'region', 'city']) expect(await firstScan()).toHaveProperty(field)
  await pro.close()
})
