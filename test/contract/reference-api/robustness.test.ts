import fc from 'fast-check'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendRaw } from '../../support/reference-api/raw-http.ts'
import {
  anyQrCode,
  callApi,
  controlToken,
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../support/reference-api/reference-api.ts'

const menu = { name: 'Menu', type: 'url', destination_url: 'https://example.com/menu' }
const json = { 'content-type': 'application/json' }
const ours = { ...json, authorization: `Bearer ${controlToken}` }

let api: InProcessReferenceApi
let code: ListedQrCode
beforeAll(async () => {
  api = await startReferenceApi({ codes: 1, scans: 1 })
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
  code = await anyQrCode(api)
})
afterAll(() => api.close())

const post = (path: string, body: string) => callApi(api, path, { method: 'POST', body, headers: json })

describe('names of properties that every object has', () => {
  test.each([
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    JSON.stringify({ ...menu, render_customizations: {} }).replace('{}', '{"__proto__":{"polluted":1}}'),
    JSON.stringify({ ...menu, toString: 'x' }),
    JSON.stringify({ ...menu, render_customizations: { hasOwnProperty: 'x' } }),
  ])('are refused as fields: %s', async (body) => {
    for (const [path, given] of [
      ['/qr-codes', body],
      ['/qr-codes/bulk', `{"qr_codes":[${body}]}`],
    ] as const) {
      const answer = await post(path, given)
      expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED'])
    }
    expect({}).not.toHaveProperty('polluted')
  })

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '..',
    '%2e%2e',
    '%00',
    '%F0%9F%92%A9',
    '%C0%AF',
  ])('are not ids of codes: %s', async (id) => {
    for (const path of ['', '/scans', '/analytics']) {
      expect((await sendRaw(api.url, get(`/api/v1/qr-codes/${id}${path}`))).status).toBe(404)
    }
    expect((await sendRaw(api.url, get(`/r/${id}`))).status).toBe(404)
  })

  test('are accepted as text', async () => {
    const own = await startReferenceApi({ codes: 0, scans: 0 })
    for (const name of ['__proto__', 'constructor']) {
      const made = await callApi(own, '/qr-codes', { method: 'POST', json: { ...menu, name } })
      expect(made.status).toBe(201)
      expect((await listQrCodes(own, `q=${name}`)).map((found) => found.name)).toEqual([name])
    }
    await own.close()
  })
})

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nConnection: close\r\n\r\n`
}

describe('a huge body', () => {
  test.each(['/qr-codes', '/qr-codes/bulk'])(
    'to %s is refused before it is read completely',
    async (path) => {
      let sentBytes = 0
      const chunk = Buffer.alloc(65_536, ' ')
      const body = new ReadableStream({
        pull(controller) {
          sentBytes += chunk.length
          controller.enqueue(chunk)
        },
      })
      const answer = await callApi(api, path, {
        method: 'POST',
        body,
        headers: json,
        duplex: 'half',
      })
      expect([answer.status, answer.body.fields]).toEqual([422, { body: ['is too large'] }])
      // The machine's buffers, besides the limit itself.
      expect(sentBytes).toBeLessThan(32 * 1024 * 1024)
    },
  )

  test.each([
    ['lists', '['.repeat(2_000_000)],
    ['lists that end', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
    ['objects', '{"a":'.repeat(700_000)],
    ['codes', `{"qr_codes":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
  ])('of deeply nested %s gets a short error, and the server continues', async (_, body) => {
    const answer = await post('/qr-codes/bulk', body)
    expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED'])
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000)
    expect((await callApi(api, '/me')).status).toBe(200)
  })
})

describe('any text', () => {
  // Half a surrogate pair cannot be written as UTF-8.
  const text = fc.string({
    unit: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)),
    ),
    maxLength: 80,
  })

  test('of a name is stored and found unchanged, or refused', async () => {
    let kept = 0
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        const { status, body } = await callApi<ListedQrCode>(api, `/qr-codes/${code.id}`, {
          method: 'PATCH',
          json: { name },
        })
        if (status === 422) {
          expect(Object.keys(body.fields)).toEqual(['name'])
          return
        }
        kept += 1
        expect(body.data.name).toBe(name.toWellFormed())
        const found = await listQrCodes(api, `q=${encodeURIComponent(name.toWellFormed())}`)
        expect(found.map(({ id }) => id)).toEqual([code.id])
      }),
      { numRuns: 200 },
    )
    expect(kept).toBeGreaterThan(50)
  })

  test.each(['q=%ff%fe', 'q=%00', 'q=%', 'q=%F0%9F', '%00=1', 'from=%ff', '&&&===', '?'.repeat(500)])(
    'in a query, like %s, never causes a server error',
    async (query) => {
      for (const path of ['/qr-codes', `/qr-codes/${code.id}/scans`]) {
        expect([200, 422]).toContain((await sendRaw(api.url, get(`/api/v1${path}?${query}`))).status)
      }
    },
  )

  test('in a header is accepted, whatever its bytes are', async () => {
    const odd = Array.from({ length: 0x80 }, (_, index) => String.fromCharCode(0x80 + index)).join('')
    const slug = new URL(code.short_url).pathname
    const headers = `User-Agent: ${odd}\r\nReferer: ${odd}\r\nAccept-Language: ${odd}\r\nX-Forwarded-For: ${odd}`
    const visit = await sendRaw(
      api.url,
      `GET ${slug} HTTP/1.1\r\nHost: x\r\n${headers}\r\nConnection: close\r\n\r\n`,
    )
    expect(visit.status).toBe(302)
    const call = `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${odd}\r\nConnection: close\r\n\r\n`
    expect((await sendRaw(api.url, call)).status).toBe(401)
  })
})

const bulk = 'POST /api/v1/qr-codes HTTP/1.1\r\nHost: x\r\n'

test.each([
  ['two lengths', 400, `${bulk}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  ['a length and chunks', 400, `${bulk}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['long headers', 431, `${bulk}X: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['no HTTP', 400, 'EHLO example.com\r\n'],
])('%s: %i in the envelope', async (_, status, bytes) => {
  const answer = await sendRaw(api.url, bytes)
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toMatchObject({ success: false, code: 'VALIDATION_FAILED' })
})

describe('every response', () => {
  const slug = () => new URL(code.short_url).pathname
  const calls: [string, () => Promise<Response>][] = [
    ['200', () => fetch(`${api.url}/api/v1/me`, { headers: { authorization: `Bearer ${api.key}` } })],
    ['302', () => fetch(`${api.url}${slug()}`, { redirect: 'manual' })],
    ['401', () => fetch(`${api.url}/api/v1/qr-codes`)],
    ['404', () => fetch(`${api.url}/nothing`)],
    ['404', () => fetch(`${api.url}/r/nothing`)],
    ['405', () => fetch(`${api.url}/r/nothing`, { method: 'PUT' })],
    ['422', () => fetch(`${api.url}/_reference/plan`, { method: 'POST', body: '{', headers: ours })],
    ['500', () => brokenFetch('/me')],
  ]

  function brokenFetch(path: string): Promise<Response> {
    return fetch(`${broken.url}/api/v1${path}`, { headers: { authorization: `Bearer ${broken.key}` } })
  }

  let broken: InProcessReferenceApi
  beforeAll(async () => {
    broken = await startReferenceApi({ codes: 1, scans: 0, onUnexpectedError: () => undefined })
    broken.store.qrCodes.countActive = () => {
      throw new Error('at work (/srv/app/main.ts:1:1)')
    }
  })
  afterAll(() => broken.close())

  test.each(calls)(
    'with %s has the security headers, and reveals nothing of the server’s code',
    async (status, call) => {
      const response = await call()
      expect(String(response.status)).toBe(status)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'strict-transport-security': expect.stringContaining('max-age=') as string,
        'x-content-type-options': 'nosniff',
        'x-frame-options': expect.any(String) as string,
      })
      expect(response.headers.has('x-powered-by')).toBe(false)
      expect(await response.text()).not.toMatch(/\bat .*:\d+|node_modules|\.ts\b|Error:/)
    },
  )
})

test('a stolen store contains no key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
  const own = await startReferenceApi({ codes: 1, scans: 1, file: join(folder, 'api.db') })
  await callApi(own, '/me')
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  expect(bytes.join('')).toContain(own.accountId)
  // It contains the first twelve characters, by which the owner recognises it.
  expect(bytes.join('')).not.toContain(own.key.slice(0, 'qrs_'.length + 9))
  await own.close()
  rmSync(folder, { recursive: true })
})
