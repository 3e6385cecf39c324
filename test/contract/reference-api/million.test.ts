import { afterAll, beforeAll, expect, test } from 'vitest'
import { peakRssMb } from '../../support/processes/peak-rss.ts'
import {
  callApi,
  listQrCodes,
  spawnReferenceApi,
  type SpawnedReferenceApi,
} from '../../support/reference-api/reference-api.ts'

/** Started like `npm run reference-api`, with its Node options. */
let api: SpawnedReferenceApi
let peak: Promise<number>
beforeAll(async () => {
  api = await spawnReferenceApi(['--scans', '1000000'])
  peak = peakRssMb(api.process)
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
})
afterAll(() => api.close())

const perPage = 100
const pairs = 60

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}

test('with a million scans, the last page of the log is as fast as the first, and the server uses less than 300 MB', async () => {
  const codes = await listQrCodes(api, 'sort=-last_scanned_at')
  const busiest = codes.reduce((most, code) => (code.scan_count > most.scan_count ? code : most))
  const pages = Math.ceil(busiest.scan_count / perPage)
  expect(pages).toBeGreaterThan(1_000)

  async function timeOf(page: number): Promise<number> {
    const startedAt = performance.now()
    const path = `/qr-codes/${busiest.id}/scans?per_page=${perPage}&page=${page}`
    const { status, body } = await callApi<unknown[]>(api, path)
    const tookMs = performance.now() - startedAt
    expect([status, body.data.length]).toEqual([200, perPage])
    return tookMs
  }

  const first: number[] = []
  const deep: number[] = []
  // Alternating, so that other work of the machine affects both. No deep page is requested twice.
  for (let pair = 1; pair <= pairs; pair++) {
    first.push(await timeOf(1))
    deep.push(await timeOf(pages - pair))
  }
  expect(median(deep)).toBeLessThanOrEqual(2 * median(first))

  await api.close()
  expect(await peak).toBeLessThanOrEqual(300)
})
