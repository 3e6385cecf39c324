import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { addKey } from '../../../reference-api/account/keys.ts'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }
let api: InProcessReferenceApi

afterEach(() => api.close())

async function startAt(now: number, options: StartOptions = {}): Promise<void> {
  clock.now = now
  api = await startReferenceApi({ plan: 'pro', codes: 1, scans: 1, now: () => clock.now, ...options })
}

/** Makes a call, which is included. */
async function callsThisMonth(): Promise<number> {
  const { body } = await callApi<{ usage: { api_calls_this_month: number } }>(api, '/me')
  return body.data.usage.api_calls_this_month
}

async function call(count = 1): Promise<number[]> {
  const statuses = []
  for (let i = 0; i < count; i++) statuses.push((await callApi(api, '/me')).status)
  return statuses
}

describe('the sliding 60 seconds', () => {
  test.each([
    ['pro', 60],
    ['advanced', 600],
  ] as const)(
    '%s: %i calls are accepted, and no other until the first is 60 seconds old',
    async (plan, limit) => {
      await startAt(start, { plan })
      expect(new Set(await call(limit))).toEqual(new Set([200]))
      clock.now = start + 59_999
      const refused = await callApi(api, '/me')
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED_MINUTE'])
      expect(refused.headers.get('retry-after')).toBe('1')
      clock.now = start + 60_000
      expect(await call()).toEqual([200])
    },
  )

  test('Retry-After is rounded up, and a call is accepted once it has passed', async () => {
    await startAt(start)
    await call(30)
    clock.now = start + 10_500
    await call(30)
    clock.now = start + 20_100
    const refused = await callApi(api, '/me')
    expect(refused.headers.get('retry-after')).toBe('40')
    clock.now += 40_000
    expect(await call(31)).toEqual([...Array<number>(30).fill(200), 429])
  })

  test('slides: each call leaves it 60 seconds after it was made, whatever the clock’s minute', async () => {
    await startAt(start)
    for (let i = 0; i < 60; i++) {
      clock.now = start + i * 1_000
      await call()
    }
    clock.now = start + 60_000
    expect(await call(2)).toEqual([200, 429])
    clock.now = start + 61_000
    expect(await call(2)).toEqual([200, 429])
    expect((await api.audit()).peak_per_minute).toBe(60)
  })

  test('does not count refused calls, and neither does the month', async () => {
    await startAt(start)
    await call(60)
    clock.now = start + 30_000
    expect(new Set(await call(50))).toEqual(new Set([429]))
    clock.now = start + 60_000
    expect(new Set(await call(60))).toEqual(new Set([200]))
    const { accepted, refused, by_status } = await api.audit()
    expect({ accepted, refused, by_status }).toEqual({
      accepted: 120,
      refused: { minute: 50, month: 0 },
      by_status: { 200: 120, 429: 50 },
    })
  })

  test('applies to all keys of the account together', async () => {
    await startAt(start)
    const second = addKey(api.store, api.accountId, start)
    await call(59)
    expect((await callApi(api, '/me', { key: second })).status).toBe(200)
    expect((await callApi(api, '/me', { key: second })).status).toBe(429)
    expect(await call()).toEqual([429])
  })
})

describe('the month', () => {
  const endOfMonth = Date.UTC(2026, 3, 1)

  test('ends at midnight UTC of the first day, not before', async () => {
    await startAt(endOfMonth - 90_500)
    await api.setLimits({ per_minute: 60, per_month: 5 })
    await call(5)
    const refused = await callApi(api, '/me')
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED_MONTH'])
    expect(refused.headers.get('retry-after')).toBe('91')
    clock.now = endOfMonth - 1
    expect(await call()).toEqual([429])
    clock.now = endOfMonth
    expect(await callsThisMonth()).toBe(1)
    expect((await api.audit()).by_month).toEqual({ '2026-03': 5, '2026-04': 1 })
  })

  test('sets Retry-After to the later end if both windows are full', async () => {
    await startAt(endOfMonth - 10_000)
    await api.setLimits({ per_minute: 5, per_month: 5 })
    await call(5)
    expect((await callApi(api, '/me')).headers.get('retry-after')).toBe('60')
  })

  test('counts every response except 401 and 429', async () => {
    await startAt(start)
    const code = await anyQrCode(api)
    await callApi(api, '/nothing')
    await callApi(api, '/qr-codes/nothing')
    await callApi(api, `/qr-codes/${code.id}/scans?page=0`)
    await callApi(api, '/me', { key: null })
    await callApi(api, '/me', { key: `qrs_${'0'.repeat(64)}` })
    expect(await callsThisMonth()).toBe(5)
    expect((await api.audit()).by_endpoint).toEqual({
      'GET /qr-codes': 1,
      'GET (unknown path)': 1,
      'GET /qr-codes/{id}': 1,
      'GET /qr-codes/{id}/scans': 1,
      'GET /me': 1,
    })
  })
})

test('a restart keeps both windows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
  const file = join(folder, 'api.db')
  await startAt(start, { file })
  await call(50)
  await api.close()

  await startAt(start + 30_000, { file })
  expect(await callsThisMonth()).toBe(51)
  expect(await call(10)).toEqual([...Array<number>(9).fill(200), 429])
  await api.close()

  await startAt(start + 60_000, { file })
  expect(await call(51)).toEqual([...Array<number>(50).fill(200), 429])
  await api.close()

  await startAt(Date.UTC(2026, 3, 2), { file })
  expect(await callsThisMonth()).toBe(1)
  rmSync(folder, { recursive: true })
})

test('a new plan sets its limits at once', async () => {
  await startAt(start)
  await call(60)
  expect(await call()).toEqual([429])
  api.store.accounts.setPlan(api.accountId, 'advanced')
  expect(await call()).toEqual([200])
})
