import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from '../../../reference-api/plans.ts'
import {
  callApi,
  listQrCodes,
  spawnReferenceApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type RunningReferenceApi,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }
const unknownId = '00000000-0000-4000-8000-000000000000'

async function startAt(now: number, options: StartOptions = {}): Promise<InProcessReferenceApi> {
  clock.now = now
  const api = await startReferenceApi({ plan: 'pro', codes: 3, scans: 6, now: () => clock.now, ...options })
  onTestFinished(() => api.close())
  return api
}

/** Makes a call, which is included. */
async function usageOf(api: RunningReferenceApi): Promise<{ calls: number; limit: number }> {
  const { body } = await callApi<{ usage: Record<string, number> }>(api, '/me')
  const { api_calls_this_month: calls = NaN, api_calls_monthly_limit: limit = NaN } = body.data.usage
  return { calls, limit }
}

async function statuses(api: RunningReferenceApi, count: number): Promise<number[]> {
  const seen = []
  for (let i = 0; i < count; i++) seen.push((await callApi(api, '/me')).status)
  return seen
}

describe('the plan', () => {
  test('can be changed, with its own limits, whatever was set before', async () => {
    const api = await startAt(start)
    await api.setLimits({ per_minute: 2, per_month: 2 })
    await api.setPlan('advanced')
    expect(await usageOf(api)).toEqual({ calls: 1, limit: 100_000 })
    await api.setPlan('pro')
    expect(await usageOf(api)).toEqual({ calls: 2, limit: 5_000 })
    expect(await statuses(api, 59)).toEqual([...Array<number>(58).fill(200), 429])
    await api.setPlan('starter')
    expect((await callApi(api, '/me')).body.code).toBe('PLAN_NOT_ALLOWED')
  })

  test('is refused if it does not exist', async () => {
    const api = await startAt(start)
    await expect(api.setPlan('enterprise' as Plan)).rejects.toThrow('422')
    expect(await usageOf(api)).toEqual({ calls: 1, limit: 5_000 })
  })
})

describe('calls of other clients', () => {
  test('count in the month but not in the minute, and are counted separately', async () => {
    const api = await startAt(start)
    await api.spendCalls(4_000)
    expect((await api.audit()).by_month).toEqual({ '2026-03': 4_000 })
    expect(await usageOf(api)).toEqual({ calls: 4_001, limit: 5_000 })
    expect(new Set(await statuses(api, 59))).toEqual(new Set([200]))
    expect(await api.audit()).toMatchObject({
      accepted: 60,
      others: 4_000,
      by_endpoint: { 'GET /me': 60 },
      by_month: { '2026-03': 4_060 },
      peak_per_minute: 60,
      peak_per_month: 4_060,
    })
  })

  test('can spend the month, which then ends as usual', async () => {
    const api = await startAt(start)
    await api.spendCalls(4_999)
    expect(await statuses(api, 1)).toEqual([200])
    await api.spendCalls(10)
    const { status, body } = await callApi(api, '/me')
    expect([status, body.code]).toEqual([429, 'RATE_LIMITED_MONTH'])
    expect(await api.audit()).toMatchObject({ peak_per_month: 5_000, by_month: { '2026-03': 5_010 } })
    clock.now = Date.UTC(2026, 3, 1)
    expect(await usageOf(api)).toEqual({ calls: 1, limit: 5_000 })
  })

  test('still count after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
    onTestFinished(() => {
      rmSync(folder, { recursive: true })
    })
    const file = join(folder, 'api.db')
    const first = await startAt(start, { file })
    await first.spendCalls(100)
    const again = await startAt(start, { file })
    expect(await usageOf(again)).toMatchObject({ calls: 101 })
    expect(await statuses(again, 60)).toEqual([...Array<number>(59).fill(200), 429])
  })

  test.each([-1, 0.5])('are never %d', async (count) => {
    const api = await startAt(start)
    await expect(api.spendCalls(count)).rejects.toThrow('422')
    expect((await api.audit()).others).toBe(0)
  })
})

describe('a code', () => {
  test('is created like any other: it is listed, redirects and can be scanned', async () => {
    const api = await startAt(start)
    const id = await api.createQrCode({ name: 'Doorbell' })
    await api.createQrCode({ name: 'Gate', destination_url: 'https://example.com/gate' })
    const listed = (await listQrCodes(api)).find((code) => code.id === id)
    expect(listed).toMatchObject({
      name: 'Doorbell',
      status: 'active',
      scan_count: 0,
      last_scanned_at: null,
      created_at: '2026-03-14T12:00:00.000Z',
      updated_at: '2026-03-14T12:00:00.000Z',
    })
    await fetch(String(listed?.short_url), { redirect: 'manual' })
    expect((await callApi(api, `/qr-codes/${id}`)).body.data).toMatchObject({ scan_count: 1 })
    expect((await listQrCodes(api, 'q=gate')).map(({ destination_url }) => destination_url)).toEqual([
      'https://example.com/gate',
    ])
    await expect(api.createQrCode({ name: '' })).rejects.toThrow('422')
    await expect(api.createQrCode({ name: 'x', destination_url: 'nowhere' })).rejects.toThrow('422')
  })

  test('can be renamed, unless it is missing or deleted', async () => {
    const api = await startAt(start)
    const [first, second] = (await listQrCodes(api)).map(({ id }) => id)
    await api.renameQrCode(String(first), 'Front door')
    expect((await callApi(api, `/qr-codes/${first}`)).body.data).toMatchObject({ name: 'Front door' })
    await api.deleteQrCode(String(second))
    await expect(api.renameQrCode(String(second), 'Back door')).rejects.toThrow('404')
    await expect(api.renameQrCode(unknownId, 'No door')).rejects.toThrow('404')
  })
})

test('appears in updated_since when it is created, changed or deleted, but not when it is scanned', async () => {
  const api = await startAt(start)
  const [renamed, deleted, scanned] = await listQrCodes(api)
  if (!renamed || !deleted || !scanned) throw new Error('three codes were seeded')
  const since = new Date(start + 1_000).toISOString()
  const changed = (more = '') => listQrCodes(api, `updated_since=${since}${more}`)
  expect(await changed('&include_deleted=true')).toEqual([])

  clock.now = start + 1_000
  const created = await api.createQrCode({ name: 'Doorbell' })
  await api.renameQrCode(renamed.id, 'Front door')
  await api.deleteQrCode(deleted.id)
  await api.insertScans([{ qr_code_id: scanned.id, scanned_at: since }])
  await fetch(scanned.short_url, { redirect: 'manual' })

  const rows = await changed('&include_deleted=true')
  expect(Object.fromEntries(rows.map(({ id, status, updated_at }) => [id, [status, updated_at]]))).toEqual({
    [created]: ['active', since],
    [renamed.id]: ['active', since],
    [deleted.id]: ['deleted', since],
  })
  expect((await changed()).map(({ id }) => id).toSorted()).toEqual([created, renamed.id].toSorted())
  expect((await callApi(api, `/qr-codes/${scanned.id}`)).body.data).toMatchObject({
    scan_count: scanned.scan_count + 2,
    updated_at: scanned.updated_at,
  })
})

test('the control functions work the same on a server in another process', async () => {
  const api = await spawnReferenceApi(['--codes', '1', '--scans', '0', '--plan', 'advanced'])
  onTestFinished(() => api.close())
  await api.setPlan('pro')
  await api.spendCalls(7)
  expect(await usageOf(api)).toEqual({ calls: 8, limit: 5_000 })
  const id = await api.createQrCode({ name: 'Doorbell' })
  await api.renameQrCode(id, 'Gate')
  expect((await callApi(api, `/qr-codes/${id}`)).body.data).toMatchObject({ name: 'Gate' })
  expect(await api.audit()).toMatchObject({ accepted: 2, others: 7 })
})
