import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiClient } from '../../../src/source/client.ts'
import type { ApiClient } from '../../../src/source/client.ts'
import { paginate } from '../../../src/source/pagination.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'
import type { InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

describe.each([{ without: [] }, { without: ['totals', 'scan_count', 'last_scanned_at'] }] as const)(
  'the client with a reference API without $without',
  ({ without }) => {
    let api: InProcessReferenceApi
    let client: ApiClient

    beforeAll(async () => {
      api = await startReferenceApi({
        codes: 5,
        scans: 1000,
        ...(without.length > 0 && { without: [...without] }),
      })
      client = createApiClient({ baseUrl: `${api.url}/api/v1`, apiKey: api.key })
    })

    afterAll(async () => {
      await client.close()
      await api.close()
    })

    it('reads the account', async () => {
      expect(await client.me()).toMatchObject({ account_id: api.accountId, plan: 'advanced' })
    })

    it('lists the codes and every scan of each, with one counted call per page', async () => {
      const before = (await api.audit()).accepted
      let calls = 0
      const ids: string[] = []
      const codes = await Array.fromAsync(
        paginate((page) => (calls++, client.listQrCodes({ page, perPage: 2, sort: '-last_scanned_at' }))),
      )
      for (const { id } of codes.flatMap((page) => page.rows)) {
        const pages = paginate(
          (page) => (calls++, client.listScans(id, { page, perPage: 100, order: 'asc' })),
        )
        for await (const { rows } of pages) {
          expect(rows.every((scan) => scan.qr_code_id === id && scan.extra === null)).toBe(true)
          ids.push(...rows.map((scan) => scan.id))
        }
      }
      expect(new Set(ids)).toEqual(await api.scanIds())
      expect(ids).toHaveLength(1000)
      expect((await api.audit()).accepted - before).toBe(calls)
    })

    it('reads sums that match the lists, with one counted call', async () => {
      const [code] = (await client.listQrCodes({ page: 1, perPage: 1 })).rows
      const id = String(code?.id)
      const to = new Date().toISOString().slice(0, 10)
      const from = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10)
      const before = (await api.audit()).accepted
      const { series, breakdowns, ...whole } = await client.analytics(id, { from, to })
      expect((await api.audit()).accepted - before).toBe(1)

      const scans: Scan[] = []
      const query = { perPage: 100, from: `${from}T00:00:00Z`, to: `${to}T23:59:59.999Z` }
      for await (const { rows } of paginate((page) => client.listScans(id, { page, ...query }))) {
        scans.push(...rows)
      }
      const [total_scans, unique_scans] = [scans.length, scans.filter(({ is_unique }) => is_unique).length]
      expect(total_scans).toBeGreaterThan(0)
      expect(whole).toEqual({ qr_code_id: id, from, to, total_scans, unique_scans })
      expect(series).toHaveLength(30)
      for (const { date, scans: sum } of series) {
        expect(sum).toBe(scans.filter(({ scanned_at }) => scanned_at.startsWith(date)).length)
      }

      const fields = { device: 'device_type', os: 'os', browser: 'browser', country: 'country', city: 'city' }
      expect([...new Set(breakdowns.map(({ dimension }) => dimension))]).toEqual(Object.keys(fields))
      for (const { dimension, name, scans: sum } of breakdowns) {
        const field = fields[dimension] as 'os'
        expect(sum).toBe(scans.filter((scan) => (scan[field] ?? 'Unknown') === name).length)
      }
    })

    it('reports the missing part by its name', async () => {
      const unknown = '00000000-0000-4000-8000-000000000000'
      await expect(client.listScans(unknown, { page: 1, perPage: 100 })).rejects.toMatchObject({
        code: 'API_NOT_FOUND',
        apiCode: 'NOT_FOUND',
      })
      const day = '2026-03-14'
      await expect(client.analytics(unknown, { from: day, to: day })).rejects.toMatchObject({
        code: 'API_NOT_FOUND',
        endpoint: 'GET /qr-codes/{id}/analytics',
      })
      await expect(client.listQrCodes({ page: 1, perPage: 101 })).rejects.toThrow(/per_page/)
    })
  },
)
