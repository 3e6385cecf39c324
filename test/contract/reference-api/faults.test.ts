import { afterEach, expect, test } from 'vitest'
import type { FaultRates } from '../../../reference-api/http/faults.ts'
import {
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

let api: InProcessReferenceApi
afterEach(() => api.close())

async function startWith(rates: FaultRates, seed = 7): Promise<void> {
  api = await startReferenceApi({ codes: 30, scans: 30, faults: { rates, seed }, slowMs: 40 })
}

test('429 sends Retry-After and does not count', async () => {
  await startWith({ 429: 1 })
  const { status, body, headers } = await callApi(api, '/me')
  expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED_MINUTE', '1'])
  expect(await api.audit()).toMatchObject({
    accepted: 0,
    refused: { minute: 0, month: 0 },
    faults: { 429: 1 },
  })
})

test('500 counts', async () => {
  await startWith({ 500: 1 })
  const { status, body } = await callApi(api, '/me')
  expect([status, body.code]).toEqual([500, 'INTERNAL_ERROR'])
  expect((await api.audit()).accepted).toBe(1)
})

test('reset closes the connection without a response, and counts', async () => {
  await startWith({ reset: 1 })
  await expect(callApi(api, '/me')).rejects.toThrow('fetch failed')
  expect(await api.audit()).toMatchObject({ accepted: 1, by_status: {} })
})

test('slow delays the response, and counts', async () => {
  await startWith({ slow: 1 })
  const before = performance.now()
  expect((await callApi(api, '/me')).status).toBe(200)
  expect(performance.now() - before).toBeGreaterThanOrEqual(39)
  expect((await api.audit()).accepted).toBe(1)
})

test('cut sends half of the promised body, and counts', async () => {
  await startWith({ cut: 1 })
  const response = await fetch(`${api.url}/api/v1/qr-codes`, {
    headers: { authorization: `Bearer ${api.key}` },
  })
  expect(response.status).toBe(200)
  let received = 0
  const read = async () => {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) received += chunk.length
  }
  await expect(read()).rejects.toThrow()
  expect(received).toBe(Math.floor(Number(response.headers.get('content-length')) / 2))
  expect((await api.audit()).accepted).toBe(1)
})

test('the same seed produces the same faults in the same order', async () => {
  const rates = { 429: 0.2, 500: 0.2 }
  const statuses = async (seed: number) => {
    await startWith(rates, seed)
    const seen = []
    for (let i = 0; i < 40; i++) seen.push((await callApi(api, '/me')).status)
    return seen
  }
  const first = await statuses(7)
  await api.close()
  expect(await statuses(7)).toEqual(first)
  await api.close()
  expect(await statuses(8)).not.toEqual(first)
  expect(new Set(first)).toEqual(new Set([200, 429, 500]))
})

test('a call without a key gets no injected fault', async () => {
  await startWith({ 500: 1 })
  expect((await callApi(api, '/me', { key: null })).status).toBe(401)
})
