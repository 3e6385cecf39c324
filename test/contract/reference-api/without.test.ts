import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withholdable, type Withholdable } from '../../../reference-api/context.ts'
import {
  anyQrCode,
  callApi,
  listQrCodes,
  spawnReferenceApi,
  startReferenceApi,
  type RunningReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const main = fileURLToPath(new URL('../../../reference-api/main.ts', import.meta.url))

/** Three codes: the newest with three scans, the next with the last scan of all, the oldest with none. */
async function startWithout(without: Withholdable[]): Promise<RunningReferenceApi> {
  const api = await startReferenceApi({ codes: 3, scans: 0, without, now: () => Date.UTC(2026, 2, 14) })
  onTestFinished(() => api.close())
  const [newest, next] = await listQrCodes(api)
  const scan = (id: string | undefined, day: string) => ({
    qr_code_id: String(id),
    scanned_at: `2026-03-${day}T12:00:00.000Z`,
  })
  await api.insertScans([...['01', '02', '03'].map((day) => scan(newest?.id, day)), scan(next?.id, '04')])
  return api
}

const placesOf = (rows: { id: string }[], order: { id: string }[]) =>
  rows.map(({ id }) => order.findIndex((row) => row.id === id))

describe.each([
  ...withholdable.map((part) => ({ without: [part] })),
  { without: [] },
  { without: ['scan_count', 'last_scanned_at'] as const },
  { without: withholdable },
])('a server without $without', (given) => {
  const without = [...given.without] as Withholdable[]
  const has = (part: Withholdable) => !without.includes(part)

  test('returns codes with all other fields, in the list and by id', async () => {
    const api = await startWithout(without)
    const code = await anyQrCode(api)
    expect('scan_count' in code).toBe(has('scan_count'))
    expect('last_scanned_at' in code).toBe(has('last_scanned_at'))
    expect(Object.keys(code)).toHaveLength(9 + Number(has('scan_count')) + Number(has('last_scanned_at')))
    expect((await callApi(api, `/qr-codes/${code.id}`)).body.data).toEqual(code)
  })

  test('sorts codes as far as its features allow', async () => {
    const api = await startWithout(without)
    const newestFirst = await listQrCodes(api)
    const sorted = async (sort: string) => placesOf(await listQrCodes(api, `sort=${sort}`), newestFirst)
    expect(await sorted('created_at')).toEqual(has('sort') ? [2, 1, 0] : [0, 1, 2])
    const knowsLastScan = has('sort') && has('last_scanned_at')
    expect(await sorted('-last_scanned_at')).toEqual(knowsLastScan ? [1, 0, 2] : [0, 1, 2])
  })

  test('filters and orders scans as far as its features allow', async () => {
    const api = await startWithout(without)
    const { id } = await anyQrCode(api)
    const scans = async (query: string) =>
      (await callApi<{ scanned_at: string }[]>(api, `/qr-codes/${id}/scans?${query}`)).body.data.map(
        ({ scanned_at }) => scanned_at.slice(8, 10),
      )
    expect(await scans('')).toEqual(['03', '02', '01'])
    expect(await scans('order=asc')).toEqual(has('order') ? ['01', '02', '03'] : ['03', '02', '01'])
    expect(await scans('from=2026-03-02T00:00:00Z')).toEqual(has('from') ? ['03', '02'] : ['03', '02', '01'])
    expect(await scans('to=2026-03-02T00:00:00Z')).toEqual(has('from') ? ['01'] : ['03', '02', '01'])
  })

  test('returns the number of pages only if it returns totals', async () => {
    const api = await startWithout(without)
    const { pagination } = (await callApi(api, '/qr-codes')).body
    const totals = has('totals') ? { total: 3, total_pages: 1 } : {}
    expect(pagination).toEqual({ page: 1, per_page: 20, ...totals })
  })
})

describe('--without', () => {
  test.each([
    [
      ['--without', 'last_scanned_at,totals'],
      ['last_scanned_at', 'totals'],
    ],
    [
      ['--without', 'scan_count', 'totals', 'from'],
      ['scan_count', 'totals', 'from'],
    ],
    [
      ['--without', 'scan_count, from', 'order', '--without', 'last_scanned_at'],
      ['scan_count', 'from', 'order', 'last_scanned_at'],
    ],
  ])('accepts parts with commas and spaces between them: %j', async (flags, parts) => {
    const api = await spawnReferenceApi(['--codes', '2', '--scans', '30', ...flags])
    onTestFinished(() => api.close())
    const code = await anyQrCode(api)
    const { pagination } = (await callApi(api, '/qr-codes')).body
    const past = `/qr-codes/${code.id}/scans?to=2000-01-01T00:00:00Z`
    expect({
      scan_count: !('scan_count' in code),
      last_scanned_at: !('last_scanned_at' in code),
      totals: !('total' in pagination),
      from: (await callApi<unknown[]>(api, past)).body.data.length > 0,
    }).toEqual({
      scan_count: parts.includes('scan_count'),
      last_scanned_at: parts.includes('last_scanned_at'),
      totals: parts.includes('totals'),
      from: parts.includes('from'),
    })
  })

  test.each(['counts', 'scan_count,filters'])(
    'names the allowed parts if one is unknown: %s',
    async (value) => {
      const [code, stderr] = await new Promise<[unknown, string]>((resolve) => {
        execFile(process.execPath, [main, '--port', '0', '--without', value], (error, _stdout, stderr) => {
          resolve([error?.code, stderr])
        })
      })
      const unknown = `"${value.split(',').at(-1)}" is not one of the parts`
      expect([code, stderr]).toEqual([1, expect.stringContaining(unknown)])
      expect(stderr).toContain(`Allowed are ${withholdable.join(', ')}.`)
    },
  )
})
