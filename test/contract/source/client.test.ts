import { getEventListeners } from 'node:events'
import net from 'node:net'
import { inspect } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createApiClient } from '../../../src/source/client.ts'
import {
  account,
  answer,
  closers,
  connect,
  failWith,
  key,
  listen,
  me,
  secret,
  serve,
} from '../../support/source/api-peer.ts'

describe('a call', () => {
  it('fetches the account', async () => {
    const { seen, baseUrl } = await serve(me)
    expect(await connect({ baseUrl, userAgent: 'qrsync/1.2.3' }).me()).toEqual(account)
    const [request] = seen.requests
    expect(request).toMatchObject({ method: 'GET', url: '/api/v1/me' })
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${key}`, 'user-agent': 'qrsync/1.2.3' })
  })

  it('fetches a page of codes', async () => {
    const pagination = { page: 2, per_page: 50, total: 51, total_pages: 2 }
    const { seen, baseUrl } = await serve(answer(200, { success: true, data: [{ id: 'q1' }], pagination }))
    const client = connect({ baseUrl: `${baseUrl}/` })
    const page = await client.listQrCodes({
      page: 2,
      perPage: 100,
      sort: '-last_scanned_at',
      includeDeleted: true,
      updatedSince: '2026-01-01T00:00:00+01:00',
    })
    expect(page).toMatchObject({ rows: [{ id: 'q1' }], page: 2, perPage: 50, total: 51, totalPages: 2 })
    const { pathname, searchParams } = new URL(seen.requests[0]?.url ?? '', baseUrl)
    expect(pathname).toBe('/api/v1/qr-codes')
    expect(Object.fromEntries(searchParams)).toEqual({
      page: '2',
      per_page: '100',
      sort: '-last_scanned_at',
      include_deleted: 'true',
      updated_since: '2026-01-01T00:00:00+01:00',
    })
  })

  it('fetches a page of scans, and sends only the parameters it was given', async () => {
    const scans = [{ id: 's1', scanned_at: '2026-03-14T09:26:53.589Z', campaign: 'spring' }]
    const { seen, baseUrl } = await serve(answer(200, { success: true, data: scans }))
    const page = await connect({ baseUrl }).listScans('q/1 ü', { page: 1, perPage: 20, order: 'asc' })
    expect(page).toMatchObject({ page: 1, perPage: 20, total: null, totalPages: null })
    expect(page.rows[0]).toMatchObject({ id: 's1', qr_code_id: 'q/1 ü', extra: { campaign: 'spring' } })
    expect(seen.requests[0]?.url).toBe('/api/v1/qr-codes/q%2F1%20%C3%BC/scans?page=1&per_page=20&order=asc')
  })

  it.each(['gzip', 'br', 'deflate', 'zstd'] as const)(
    'reads an answer that a proxy has packed with %s',
    async (encoding) => {
      const pack = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, zstd: zstdCompressSync }[
        encoding
      ]
      const { seen, baseUrl } = await serve((_request, response) => {
        response
          .writeHead(200, { 'content-encoding': encoding })
          .end(pack(JSON.stringify({ success: true, data: [] })))
      })
      expect(await connect({ baseUrl }).listQrCodes({ page: 1, perPage: 20 })).toMatchObject({ rows: [] })
      expect(seen.requests[0]?.headers['accept-encoding']).toBe('identity')
    },
  )

  it.each(['.', '..'])(
    'is never made for a code whose id is a path (%s): such a row is set aside',
    async (id) => {
      const { baseUrl } = await serve(answer(200, { success: true, data: [{ id }, { id: 'a.b' }] }))
      const { rows, setAside } = await connect({ baseUrl }).listQrCodes({ page: 1, perPage: 20 })
      expect(rows.map((row) => row.id)).toEqual(['a.b'])
      expect(setAside[0]?.reason).toContain('neither "." nor ".."')
    },
  )

  it('sets a code aside whose id the ledger could store only as a hash, which no erasure would find', async () => {
    const ids = ['#sha256:abc', 'ż'.repeat(501), 'x'.repeat(1_001), 'half \ud800']
    const fitting = ['ż'.repeat(500), 'x'.repeat(1_000), '#sha256']
    const data = [...ids, ...fitting].map((id) => ({ id }))
    const { baseUrl } = await serve(answer(200, { success: true, data }))
    const { rows, setAside } = await connect({ baseUrl }).listQrCodes({ page: 1, perPage: 20 })
    expect(rows.map((row) => row.id)).toEqual(fitting)
    expect(setAside.map(({ id }) => id)).toEqual(ids)
  })

  it('fails if the answer nests so deep that no database could hold it', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}"]"${']'.repeat(depth)}`
    const answerWith = (depth: number) => `{"success":true,"data":[{"id":"q1","more":${nested(depth)}}]}`
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200).end(answerWith(90))
    })
    expect((await connect({ baseUrl }).listQrCodes({ page: 1, perPage: 20 })).rows).toHaveLength(1)
    for (const status of [200, 500]) {
      const error = await failWith((_request, response) => {
        response.writeHead(status).end(answerWith(200_000))
      })
      expect(error.retry).toBe('backoff')
      if (status === 200) expect(error.message).toContain('nested deeper than 100 levels')
    }
  })

  it('fetches the analytics of a range of days', async () => {
    const data = {
      qr_code_id: 'q/1',
      from: '2026-03-13',
      to: '2026-03-14',
      total_scans: 1,
      unique_scans: 1,
      series: [
        { date: '2026-03-13', scans: 0, unique_scans: 0 },
        { date: '2026-03-14', scans: 1, unique_scans: 1 },
      ],
    }
    const operating_systems = [{ name: 'iOS', scans: 1 }]
    const { seen, baseUrl } = await serve(
      answer(200, { success: true, data: { ...data, operating_systems } }),
    )
    const analytics = await connect({ baseUrl }).analytics('q/1', { from: '2026-03-13', to: '2026-03-14' })
    expect(analytics).toEqual({ ...data, breakdowns: [{ dimension: 'os', name: 'iOS', scans: 1 }] })
    expect(seen.requests.map(({ url }) => url)).toEqual([
      '/api/v1/qr-codes/q%2F1/analytics?from=2026-03-13&to=2026-03-14',
    ])
  })

  it('keeps its connection for the next call', async () => {
    const { seen, baseUrl } = await serve(me)
    const client = connect({ baseUrl })
    for (let call = 0; call < 20; call++) await client.me()
    expect(seen.requests).toHaveLength(20)
    // A connection needs a turn of the event loop to be free again: without a pause between calls, two
    // alternate.
    expect(seen.connections).toBeLessThanOrEqual(2)
  })

  it('never waits behind another call on the same connection', async () => {
    const { seen, baseUrl } = await serve(me)
    const client = connect({ baseUrl })
    await Promise.all(Array.from({ length: 5 }, () => client.me()))
    expect(seen.connections).toBe(5)
  })
})

describe('an abort', () => {
  const reason = new Error('the worker shuts down')

  it('before the call prevents the request', async () => {
    const { seen, baseUrl } = await serve(me)
    await expect(connect({ baseUrl }).me({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(seen.connections).toBe(0)
  })

  it('ends the wait for an answer, with its own reason', async () => {
    const stop = new AbortController()
    const { seen, baseUrl } = await serve(() => {
      stop.abort(reason)
    })
    await expect(connect({ baseUrl }).me({ signal: stop.signal })).rejects.toBe(reason)
    expect(seen.requests).toHaveLength(1)
  })

  it('ends a call for analytics too', async () => {
    const { seen, baseUrl } = await serve(me)
    const [range, options] = [{ from: '2026-03-13', to: '2026-03-14' }, { signal: AbortSignal.abort(reason) }]
    await expect(connect({ baseUrl }).analytics('q1', range, options)).rejects.toBe(reason)
    expect(seen.connections).toBe(0)
  })

  it('ends the call in the middle of the body', async () => {
    const stop = new AbortController()
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200)
      response.write('{', () => {
        stop.abort(reason)
      })
    })
    await expect(connect({ baseUrl }).me({ signal: stop.signal })).rejects.toBe(reason)
  })

  it('ends the call at once while it connects', async () => {
    const stop = new AbortController()
    const server = net.createServer((socket) => {
      closers.push(() => socket.destroy())
      stop.abort(reason)
    })
    const baseUrl = `https://127.0.0.1:${await listen(server)}`
    const call = connect({ baseUrl }).me({ signal: stop.signal })
    await expect(call).rejects.toBe(reason)
  })

  it('during connecting prevents the request, even if the connection succeeds', async () => {
    const stop = new AbortController()
    const { seen, baseUrl } = await serve(me)
    const client = connect({ baseUrl })
    const call = client.me({ signal: stop.signal })
    stop.abort(reason)
    await expect(call).rejects.toBe(reason)
    await client.close()
    expect(seen).toMatchObject({ requests: [], connections: 1 })
  })

  it('leaves the client usable, and no listener on the signal', async () => {
    const stop = new AbortController()
    const { signal } = stop
    const { baseUrl } = await serve(me)
    const client = connect({ baseUrl })
    await client.me({ signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    stop.abort(reason)
    await expect(client.me({ signal })).rejects.toBe(reason)
    expect(await client.me()).toEqual(account)
  })
})

describe('the key', () => {
  it('does not appear in the client object', () => {
    const client = connect({ baseUrl: 'http://127.0.0.1:1' })
    expect(inspect(client, { depth: null, showHidden: true }) + JSON.stringify(client)).not.toContain(secret)
  })

  it.each([
    ['of another account', `qrs_${'77c1'.repeat(16)}`],
    ['cut on its way', key.slice(0, 40)],
    ['in capitals', key.toUpperCase()],
    ['with something hidden in it', `${key.slice(0, 20)}\u0000\u200b${key.slice(20)}`],
    ['where the message is cut', `${'x'.repeat(180)}${key}`],
  ])('does not appear in errors, even one %s', async (_which, echoed) => {
    const { message } = await failWith(
      answer(400, { error: `What is ${echoed}?`, fields: { [echoed]: [echoed] } }),
    )
    expect(message).not.toMatch(/(3f2a91bc|77c177c1)|3f2a9/i)
  })

  it('does not appear in errors, whatever its form is', async () => {
    const apiKey = 'another-form-of-key'
    const { message } = await failWith(answer(400, { error: `What is ${apiKey}?` }), { apiKey })
    expect(message).not.toContain(apiKey)
  })

  it.each(['', `${key}\n`, `${key} ${key}`, 'schlüssel'])(
    'is refused if no header can carry it: %j',
    (apiKey) => {
      const create = () => createApiClient({ baseUrl: 'http://127.0.0.1:1', apiKey })
      expect(create).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', retry: 'never' }))
    },
  )
})
