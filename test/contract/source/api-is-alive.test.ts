import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { answer, closers, connect, failWith, refuse, serve } from '../../support/source/api-peer.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'

describe('a probe without the key', () => {
  const isAlive = async (listener: RequestListener) => {
    const { seen, baseUrl } = await serve(listener)
    const answered = await connect({ baseUrl, timeoutMs: 2_000 }).isAlive('/qr-codes')
    expect(seen.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/api/v1/qr-codes', undefined],
    ])
    return answered
  }

  it('recognises the API by its 401', async () => {
    expect(await isAlive(refuse(401, 'UNAUTHORIZED'))).toBe(true)
  })

  it.each([
    ['a maintenance page', answer(200, '<html>Back soon</html>')],
    ["a proxy's 401", answer(401, 'Unauthorized')],
    ['a 503 of the API', refuse(503, 'UNAVAILABLE')],
    ['a redirect', answer(302, '', { location: 'https://example.com' })],
    ['no answer', () => undefined],
  ])('does not mistake for the API %s', async (_what, listener) => {
    expect(await isAlive(listener)).toBe(false)
  })

  it('compares the clocks, so that one that was set right is known to be', async () => {
    let date = new Date(Date.now() + 3_600_000)
    const { baseUrl } = await serve((request, response) => {
      response.setHeader('date', date.toUTCString())
      refuse(401, 'UNAUTHORIZED')(request, response)
    })
    const client = connect({ baseUrl })
    await expect(client.me()).rejects.toMatchObject({ code: 'API_KEY_REJECTED' })
    expect(client.clockSkewMs()).toBeLessThan(-3_500_000)
    date = new Date()
    await client.isAlive('/me')
    expect(Math.abs(client.clockSkewMs() ?? Infinity)).toBeLessThan(60_000)
  })

  it('uses no call of the budget', async () => {
    const api = await startReferenceApi({ codes: 1 })
    closers.push(() => api.close())
    const client = connect({ baseUrl: `${api.url}/api/v1`, apiKey: api.key })
    const before = JSON.stringify(await api.audit())
    for (const path of ['/me', '/qr-codes', '/qr-codes/any/scans']) {
      expect(await client.isAlive(path)).toBe(true)
    }
    expect(JSON.stringify(await api.audit())).toBe(before)
  })
})

describe('an oversized answer', () => {
  const zeros = Buffer.alloc(40 * 1024 * 1024)
  it.each([
    ['gzip', 'is larger than 32 MB unpacked'],
    ['gzip, gzip', 'is larger than 32 MB unpacked'],
    ['br', 'is not br, as its header says'],
    ['compress', 'is packed with compress'],
  ])('is unpacked only as far as a page may have bytes (%s)', async (encoding, reason) => {
    const bomb = encoding === 'gzip, gzip' ? gzipSync(gzipSync(zeros)) : gzipSync(zeros)
    const error = await failWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(bomb)
    })
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff', status: 200 })
    expect(error.message).toContain(reason)
  })

  it('of 500 MB uses no more memory than a page may', async () => {
    let sent = 0
    const mebibyte = Buffer.alloc(1024 * 1024, ' ')
    const error = await failWith((_request, response) => {
      response.writeHead(200, { 'content-length': 500 * mebibyte.length })
      const write = (): void => {
        if (!response.writable || sent === 500) return
        sent += 1
        response.write(mebibyte, write)
      }
      write()
    })
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff' })
    expect(sent).toBeLessThan(100)
  })
})
