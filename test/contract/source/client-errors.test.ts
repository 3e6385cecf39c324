import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  account,
  answer,
  closers,
  connect,
  failWith,
  key,
  listen,
  me,
  refusal,
  refuse,
  serve,
} from '../../support/source/api-peer.ts'

describe('a refusal', () => {
  it.each([
    [401, 'UNAUTHORIZED', 'API_KEY_REJECTED'],
    [403, 'PLAN_NOT_ALLOWED', 'PLAN_NOT_ALLOWED'],
    [404, 'NOT_FOUND', 'API_NOT_FOUND'],
    [410, 'NOT_FOUND', 'API_NOT_FOUND'],
    [400, 'BAD_REQUEST', 'API_REQUEST_REFUSED', 'backoff'],
    [403, 'QR_LIMIT_REACHED', 'API_REQUEST_REFUSED', 'backoff'],
    [404, 'GONE_FISHING', 'API_REQUEST_REFUSED', 'backoff'],
    [422, 'VALIDATION_FAILED', 'API_REQUEST_REFUSED', 'backoff'],
  ])("of %i is recognised by the API's own words (%s)", async (status, apiCode, code, retry = 'never') => {
    const error = await failWith(refuse(status, apiCode))
    expect(error).toMatchObject({
      code,
      retry,
      status,
      apiCode,
      endpoint: 'GET /me',
      mayHaveArrived: true,
    })
    expect(error.message).toMatch(/^GET \/me: .+\. .+\.$/)
    expect(error.message).toContain(`(${status} ${apiCode}: No, not with qrs_3f2a…)`)
  })

  it('of the key says which key and what to do', async () => {
    const { message } = await failWith(answer(401, { success: false, error: '', code: 'UNAUTHORIZED' }))
    expect(message).toBe(
      'GET /me: the API does not accept the key qrs_3f2a… (401 UNAUTHORIZED). Set a valid key where the config file reads it.',
    )
  })

  it('of a parameter names it', async () => {
    const fields = { per_page: ['must be at most 100', { toString: key }], page: 'odd' }
    const { message } = await failWith(refuse(422, 'VALIDATION_FAILED', {}, { fields }))
    expect(message).toContain('per_page must be at most 100, {"toString":"qrs_3f2a…"}; page odd')
  })

  it('names the endpoint as documented, and has the code in its message', async () => {
    const { baseUrl } = await serve(refuse(404, 'NOT_FOUND'))
    const error = await refusal(connect({ baseUrl }).listScans('q1', { page: 1, perPage: 100 }))
    expect(error.endpoint).toBe('GET /qr-codes/{id}/scans')
    expect(error.message).toMatch(/^GET \/qr-codes\/q1\/scans: /)
  })

  describe.each([401, 403, 404, 410, 400])('a response of %i that is not JSON of the API', (status) => {
    it.each([
      '<html>\u001b[2J\r\n\r\nNot here</html>',
      '[]',
      '"text"',
      '{"code":7,"fields":[],"error":{}}',
      '{"code":"NOT_FOUND","message":"of a proxy"}',
      '',
    ])('is retried, and blames neither key, plan nor code: %j', async (body) => {
      const error = await failWith(answer(status, body))
      expect(error).toMatchObject({ code: 'API_UNAVAILABLE', retry: 'backoff', apiCode: null })
      expect(error.message).not.toMatch(/[\u0000-\u001f]/)
    })
  })

  it('is cut if it is long', async () => {
    const { message } = await failWith(answer(400, { error: 'x'.repeat(100_000), code: 'y'.repeat(100_000) }))
    expect(message.length).toBeLessThan(600)
  })

  it('is reported even if its body breaks off', async () => {
    const error = await failWith((_request, response) => {
      response.writeHead(429, { 'retry-after': '17', 'content-length': 1000 })
      response.write('{"success":false,', () => response.destroy())
    })
    expect(error).toMatchObject({ code: 'API_RATE_LIMITED', retry: { afterMs: 17_000 }, status: 429 })
  })
})

describe('a full window', () => {
  it.each([
    ['RATE_LIMITED_MINUTE', '17', 17_000, 'minute'],
    ['RATE_LIMITED_MONTH', '2592000', 2_592_000_000, 'month'],
    ['SOMETHING_ELSE', '0', 1_000, null],
    ['RATE_LIMITED_MINUTE', '-5', 1_000, 'minute'],
    ['RATE_LIMITED_MINUTE', new Date(Date.now() - 2_000).toUTCString(), 1_000, 'minute'],
    ['constructor', '1', 1000, null],
  ])(
    '%s with Retry-After %s is waited for completely, at least for a second',
    async (apiCode, retryAfter, afterMs, window) => {
      const error = await failWith(refuse(429, apiCode, { 'retry-after': retryAfter }))
      expect(error).toMatchObject({ code: 'API_RATE_LIMITED', retry: { afterMs }, window, apiCode })
      expect(error.message).toContain(
        window === null ? 'too many calls' : `the ${window}'s calls are used up`,
      )
      expect(error.message).toMatch(/qrsync continues automatically at \d{4}-\d\d-\d\dT[\d:.]+Z\.$/)
    },
  )

  it("with a date is waited for by the server's own clock", async () => {
    const headers = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:51:07 GMT' }
    expect((await failWith(refuse(429, 'RATE_LIMITED_MINUTE', headers))).retry).toEqual({ afterMs: 90_000 })
  })

  it.each([undefined, 'soon', '1, 2', ['1', '2']])(
    'is waited for one minute if the answer names no time: %j',
    async (retryAfter) => {
      const error = await failWith((_request, response) => {
        if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
        response.writeHead(429).end()
      })
      expect(error.retry).toEqual({ afterMs: 60_000 })
      expect(error.message).toContain('because the response names no time')
    },
  )
})

describe('an outage', () => {
  it.each([408, 421, 425, 500, 502, 503, 504])('of %i is retried with backoff', async (status) => {
    const error = await failWith(refuse(status, 'UNAVAILABLE'))
    expect(error).toMatchObject({ code: 'API_UNAVAILABLE', retry: 'backoff', status, mayHaveArrived: true })
  })

  it('that names its end is waited for, at least as long as the backoff', async () => {
    const retryOf = async (after: string) =>
      (await failWith(refuse(503, 'UNAVAILABLE', { 'retry-after': after }))).retry
    expect(await retryOf('120')).toEqual({ afterMs: 120_000 })
    expect(await retryOf('0')).toBe('backoff')
  })

  it('can be a reset connection', async () => {
    const error = await failWith((request) => request.socket.resetAndDestroy())
    expect(error).toMatchObject({
      code: 'API_UNAVAILABLE',
      retry: 'backoff',
      status: null,
      mayHaveArrived: true,
    })
  })

  it('can be a kept connection that is reset when it is used again', async () => {
    const { seen, baseUrl } = await serve((request, response) => {
      if (seen.requests.length === 1) me(request, response)
      else request.socket.resetAndDestroy()
    })
    const client = connect({ baseUrl })
    await client.me()
    expect(await refusal(client.me())).toMatchObject({ code: 'API_UNAVAILABLE', mayHaveArrived: true })
    expect(seen.requests).toHaveLength(2)
  })

  it.each([
    ['with a length', { 'content-length': 1000 }],
    ['in chunks', {}],
  ])('can be an answer %s that breaks off', async (_how, headers) => {
    const error = await failWith((_request, response) => {
      response.writeHead(200, headers)
      response.write('{"success":true,', () => response.destroy())
    })
    expect(error).toMatchObject({
      code: 'API_UNAVAILABLE',
      retry: 'backoff',
      status: 200,
      mayHaveArrived: true,
    })
    expect(error.message).toContain('the response (200) broke off')
  })

  it('can be an answer that is not HTTP, and that may contain the key', async () => {
    const server = net.createServer((socket) =>
      socket.on('error', () => undefined).end(`EHLO ${key}\r\n\r\n`),
    )
    const port = await listen(server)
    const error = await refusal(connect({ baseUrl: `http://127.0.0.1:${port}` }).me())
    expect(error).toMatchObject({ code: 'API_UNAVAILABLE', retry: 'backoff' })
  })

  it('can be a server that never answers', async () => {
    // Long enough for the request to arrive, on a busy machine too.
    const error = await failWith(() => undefined, { timeoutMs: 2_000 })
    expect(error).toMatchObject({
      code: 'API_UNAVAILABLE',
      retry: 'backoff',
      status: null,
      mayHaveArrived: true,
    })
    expect(error.message).toContain('no whole answer within 2000 ms')
  })

  it('can be a body that never ends, however often a byte arrives', async () => {
    const error = await failWith(
      (_request, response) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write(' '), 5)
        response.on('close', () => {
          clearInterval(drip)
        })
      },
      { timeoutMs: 600 },
    )
    expect(error).toMatchObject({ code: 'API_UNAVAILABLE', retry: 'backoff', status: 200 })
    // It does not occupy a lane for the whole time.
    expect(error.message).toMatch(/the answer drips: \d+ bytes within 200 ms/)
  })
})

describe('a request that was never sent', () => {
  const unsent = { code: 'API_UNAVAILABLE', retry: 'backoff', status: null, mayHaveArrived: false }

  it('had its connection refused', async () => {
    const server = net.createServer()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    const error = await refusal(connect({ baseUrl: `http://127.0.0.1:${port}` }).me())
    expect(error).toMatchObject(unsent)
    expect(error.message).toBe(
      `GET /me: no response: connect ECONNREFUSED 127.0.0.1:${port}. The request was not sent. qrsync retries automatically.`,
    )
  })

  it('could not find the host', async () => {
    expect(await refusal(connect({ baseUrl: 'http://api.invalid/v1' }).me())).toMatchObject(unsent)
  })

  it('could not set up TLS', async () => {
    const { seen, baseUrl } = await serve(me)
    expect(await refusal(connect({ baseUrl: baseUrl.replace('http', 'https') }).me())).toMatchObject(unsent)
    expect(seen.requests).toHaveLength(0)
  })

  it('timed out before it was connected', async () => {
    const port = await listen(net.createServer((socket) => void closers.push(() => socket.destroy())))
    const baseUrl = `https://127.0.0.1:${port}`
    expect(await refusal(connect({ baseUrl, timeoutMs: 50 }).me())).toMatchObject(unsent)
  })

  it('was made after close', async () => {
    const { baseUrl } = await serve(me)
    const client = connect({ baseUrl })
    await client.close()
    await client.close()
    expect(await refusal(client.me())).toMatchObject(unsent)
  })
})

describe('an unexpected answer', () => {
  it.each(['', '<html>Welcome</html>', `not json ${key}`, '{"success":true,"data":[', 'null'])(
    'is retried, or needs a person: %j',
    async (body) => {
      const error = await failWith(answer(200, body))
      expect(error).toMatchObject({
        code: 'API_RESPONSE_INVALID',
        retry: 'backoff',
        status: 200,
        mayHaveArrived: true,
      })
    },
  )

  it('is refused, and the error names the field and its value', async () => {
    const usage = { ...account.usage, api_calls_this_month: key }
    const { message } = await failWith(answer(200, { success: true, data: { ...account, usage } }))
    expect(message).toContain(
      'data.usage.api_calls_this_month is "qrs_3f2a…" (expected number, received string)',
    )
  })

  it('can be larger than any page', async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, ' ')
    const error = await failWith((_request, response) => {
      const write = (): unknown => response.writable && response.write(mebibyte, write)
      write()
    })
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff' })
    expect(error.message).toContain('larger than any page')
  })

  it('can redirect, and the key never follows', async () => {
    const elsewhere = await serve(me)
    const location = `${elsewhere.baseUrl}/me?key=${key}`
    const error = await failWith(answer(302, '', { location }))
    expect(error).toMatchObject({ code: 'API_RESPONSE_INVALID', retry: 'backoff', status: 302 })
    expect(error.message).toContain(elsewhere.baseUrl)
    expect(elsewhere.seen.connections).toBe(0)
  })
})
