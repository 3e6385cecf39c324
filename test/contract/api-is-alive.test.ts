import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { answer, closers, connect, refuse, serve } from '../support/api-peer.ts'
import { startReferenceApi } from '../support/reference-api.ts'

describe('a look without the key', () => {
  const isAlive = async (listener: RequestListener) => {
    const { seen, baseUrl } = await serve(listener)
    const answered = await connect({ baseUrl, timeoutMs: 200 }).isAlive('/qr-codes')
    expect(seen.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/api/v1/qr-codes', undefined],
    ])
    return answered
  }

  it('finds the API by its own refusal', async () => {
    expect(await isAlive(refuse(401, 'UNAUTHORIZED'))).toBe(true)
  })

  it.each([
    ['a maintenance page', answer(200, '<html>Back soon</html>')],
    ["a proxy's 401", answer(401, 'Unauthorized')],
    ['a 503 of the API', refuse(503, 'UNAVAILABLE')],
    ['a redirect', answer(302, '', { location: 'https://example.com' })],
    ['no answer', () => undefined],
  ])('does not take for it %s', async (_what, listener) => {
    expect(await isAlive(listener)).toBe(false)
  })

  it('costs no call', async () => {
    const api = await startReferenceApi({ codes: 1 })
    closers.push(() => api.close())
    const client = connect({ baseUrl: `${api.url}/api/v1`, apiKey: api.key })
    const before = JSON.stringify(await api.audit())
    for (const path of ['/me', '/qr-codes', '/qr-codes/any/scans'])
      expect(await client.isAlive(path)).toBe(true)
    expect(JSON.stringify(await api.audit())).toBe(before)
  })
})
