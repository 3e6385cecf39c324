import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addKey, keyPrefix } from '../../../reference-api/account/keys.ts'
import {
  callApi,
  controlToken,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

let api: InProcessReferenceApi
beforeAll(async () => {
  api = await startReferenceApi({ codes: 1, scans: 1 })
})
afterAll(() => api.close())

const wellFormedKey = `qrs_${'0123456789abcdef'.repeat(4)}`

describe('401', () => {
  test.each([
    ['no header', null],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['no key', 'Bearer '],
    ['a malformed key', 'Bearer qrs_abc'],
    ['upper case', `Bearer ${wellFormedKey.toUpperCase()}`],
    ['an unknown key', `Bearer ${wellFormedKey}`],
  ])('for %s', async (_, authorization) => {
    const headers = authorization === null ? {} : { authorization }
    const { status, body } = await callApi(api, '/me', { key: null, headers })
    expect(status).toBe(401)
    expect(body).toEqual({ success: false, error: 'Missing or invalid API key.', code: 'UNAUTHORIZED' })
  })

  test('for a revoked key, from that moment on', async () => {
    const key = addKey(api.store, api.accountId, Date.now())
    expect((await callApi(api, '/me', { key })).status).toBe(200)
    api.store.keys.revoke(api.accountId, keyPrefix(key), Date.now())
    expect((await callApi(api, '/me', { key })).status).toBe(401)
  })

  test('for unknown paths too, so that nobody without a key learns which paths exist', async () => {
    expect((await callApi(api, '/nothing', { key: null })).status).toBe(401)
  })
})

test('403 on every path of the Starter plan', async () => {
  const starter = await startReferenceApi({ plan: 'starter', codes: 1, scans: 1 })
  for (const path of [
    '/me',
    '/qr-codes',
    '/qr-codes/x',
    '/qr-codes/x/scans',
    '/qr-codes/x/analytics',
    '/nothing',
  ]) {
    const { status, body } = await callApi(starter, path)
    expect([path, status, body.code]).toEqual([path, 403, 'PLAN_NOT_ALLOWED'])
  }
  await starter.close()
})

describe('404 in the envelope', () => {
  test.each([
    '/api/v1/nothing',
    '/api/v1',
    '/api/v2/me',
    '/',
    '/favicon.ico',
    '/api/v1/%zz',
    '/_reference/nothing',
  ])('%s', async (path) => {
    const response = await fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${api.key}` } })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toMatchObject({ success: false, code: 'NOT_FOUND' })
  })
})

describe('405 for a method that a path does not support, with the supported ones', () => {
  test.each([
    ['PUT', '/me', 'GET, HEAD'],
    ['OPTIONS', '/qr-codes?page=1', 'GET, HEAD, POST'],
    ['OPTIONS', '/qr-codes/bulk', 'POST'],
    ['POST', '/qr-codes/x', 'DELETE, GET, HEAD, PATCH'],
  ])('%s %s', async (method, path, allow) => {
    const { status, headers, body } = await callApi(api, path, { method })
    expect([status, headers.get('allow'), body.code]).toEqual([405, allow, 'NOT_FOUND'])
    expect((await callApi(api, path, { method, key: null })).status).toBe(401)
  })

  test('whatever the body is', async () => {
    const headers = { 'content-type': 'application/xml' }
    const { status, body } = await callApi(api, '/me', { method: 'QUERY', body: '<xml/>', headers })
    expect([status, body.code]).toEqual([405, 'NOT_FOUND'])
  })
})

describe('422 for a body that cannot be read', () => {
  const post = (body: string, type = 'application/json') =>
    callApi(api, '/qr-codes', { method: 'POST', body, headers: { 'content-type': type } })

  test.each([
    ['malformed', '{"name": ', 'is not valid JSON'],
    ['polluting', '{"__proto__": {"polluted": true}}', 'is not valid JSON'],
    ['too large', `"${'x'.repeat(3 * 1024 * 1024)}"`, 'is too large'],
  ])('%s JSON', async (_, text, message) => {
    const { status, body } = await post(text)
    expect([status, body.code, body.fields]).toEqual([422, 'VALIDATION_FAILED', { body: [message] }])
  })

  test('another type', async () => {
    const headers = { 'content-type': 'application/xml', authorization: `Bearer ${controlToken}` }
    const response = await fetch(`${api.url}/_reference/scans`, { method: 'POST', body: '<xml/>', headers })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ fields: { body: ['must be application/json'] } })
  })
})

test('bytes that are not HTTP get an error in the envelope', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write('NOT HTTP\r\n\r\n'))
    socket.on('data', (chunk) => (received += String(chunk)))
    socket.on('end', () => {
      resolve(received)
    })
    socket.on('error', reject)
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(JSON.parse(String(answer.split('\r\n\r\n')[1]))).toMatchObject({
    success: false,
    code: 'VALIDATION_FAILED',
  })
})

test('500 hides its cause from the client, and reports it to the operator', async () => {
  const errors: unknown[] = []
  const broken = await startReferenceApi({
    codes: 1,
    scans: 1,
    onUnexpectedError: (error) => errors.push(error),
  })
  broken.store.qrCodes.countActive = () => {
    throw new Error('secret of the house')
  }
  const { status, body } = await callApi(broken, '/me')
  expect([status, body]).toEqual([
    500,
    { success: false, error: 'Something went wrong on our side.', code: 'INTERNAL_ERROR' },
  ])
  expect(errors.map(String)).toEqual(['Error: secret of the house'])
  await broken.close()
})

test('503 while another process has locked the store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
  const file = join(folder, 'api.db')
  const held = await startReferenceApi({ codes: 1, scans: 1, file })
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const { status, body } = await callApi(held, '/me')
  other.exec('ROLLBACK')
  expect([status, body.code]).toEqual([503, 'UNAVAILABLE'])
  expect((await callApi(held, '/me')).status).toBe(200)
  other.close()
  await held.close()
  rmSync(folder, { recursive: true })
})

test('an account has at most five active keys, and revoking one frees its slot', async () => {
  const own = await startReferenceApi({ codes: 1, scans: 1 })
  const [first = ''] = Array.from({ length: 4 }, () => addKey(own.store, own.accountId, 0))
  expect(() => addKey(own.store, own.accountId, 0)).toThrow('5 active keys')
  expect(own.store.keys.revoke(own.accountId, keyPrefix(first), 0)).toBe(true)
  expect(addKey(own.store, own.accountId, 0)).toMatch(/^qrs_[0-9a-f]{64}$/)
  expect(JSON.stringify(own.store.keys.list(own.accountId))).not.toContain(first.slice(12))
  await own.close()
})

test('the time of the last use of a key is stored', async () => {
  const own = await startReferenceApi({ codes: 1, scans: 1, now: () => 1_700_000_000_000 })
  expect(own.store.keys.list(own.accountId)[0]?.last_used_at).toBeNull()
  await callApi(own, '/me')
  expect(own.store.keys.list(own.accountId)[0]?.last_used_at).toBe(1_700_000_000_000)
  await own.close()
})
