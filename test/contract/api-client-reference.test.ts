import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiClient } from '../../src/api/client.ts'
import type { ApiClient } from '../../src/api/client.ts'
import { paginate } from '../../src/api/pagination.ts'
import { startReferenceApi } from '../support/reference-api.ts'
import type { InProcessReferenceApi } from '../support/reference-api.ts'

describe.each([{ without: [] }, { without: ['totals', 'scan_count', 'last_scanned_at'] }] as const)(
  'the client at the reference API, without $without',
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

    it('knows the account', async () => {
      expect(await client.me()).toMatchObject({ account_id: api.accountId, plan: 'advanced' })
    })

    it('lists the codes and every scan of each, with one counted call a page', async () => {
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

    it('is refused by name', async () => {
      const unknown = '00000000-0000-4000-8000-000000000000'
      await expect(client.listScans(unknown, { page: 1, perPage: 100 })).rejects.toMatchObject({
        code: 'API_NOT_FOUND',
        apiCode: 'NOT_FOUND',
      })
      await expect(client.listQrCodes({ page: 1, perPage: 101 })).rejects.toThrow(/per_page/)
    })
  },
)
