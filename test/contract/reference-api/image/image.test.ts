import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { addKey } from '../../../../reference-api/account/keys.ts'
import { seedAccount } from '../../../../reference-api/seed/seed.ts'
import { readPng } from '../../../support/reference-api/read-qr-code.ts'
import {
  anyQrCode,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
  type StartOptions,
} from '../../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }

async function startAt(now: number, options: StartOptions = {}): Promise<InProcessReferenceApi> {
  clock.now = now
  const api = await startReferenceApi({ codes: 2, scans: 0, now: () => clock.now, ...options })
  onTestFinished(() => api.close())
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
  return api
}

interface Got {
  status: number
  headers: Headers
  bytes: Buffer
}

async function getImage(
  { url, key }: { url: string; key: string },
  id: string,
  { query = '', ...headers }: Record<string, string> = {},
): Promise<Got> {
  const response = await fetch(`${url}/api/v1/qr-codes/${id}/image?${query}`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
  })
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

const etagOf = ({ headers }: Got) => String(headers.get('etag'))
const codeOf = ({ bytes }: Got) => (JSON.parse(String(bytes)) as { code: string }).code

const patch = (api: InProcessReferenceApi, code: ListedQrCode, render_customizations: object) =>
  fetch(`${api.url}/api/v1/qr-codes/${code.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ render_customizations }),
  })

describe('size', () => {
  test.each([
    ['', 512],
    ['size=128', 128],
    ['size=333', 333],
    ['size=2048', 2048],
  ])('%j is a square of %i pixels', async (query, side) => {
    const api = await startAt(start)
    const got = await getImage(api, (await anyQrCode(api)).id, { query })
    expect([got.status, got.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(got.headers.get('cache-control')).toBe('private, max-age=3600')
    expect(await readPng(got.bytes)).toMatchObject({ width: side, height: side })
  })

  test.each(['127', '2049', '0', '-512', '512.5', 'large', '', '1e99'])('422 for %j', async (size) => {
    const api = await startAt(start)
    const got = await getImage(api, (await anyQrCode(api)).id, { query: `size=${size}` })
    expect([got.status, codeOf(got)]).toEqual([422, 'VALIDATION_FAILED'])
  })
})

test('404 if the code does not exist, is deleted, or belongs to another account', async () => {
  const api = await startAt(start)
  const code = await anyQrCode(api)
  const other = addKey(api.store, seedAccount(api.store, { codes: 1, scans: 0, seed: 9, now: start }), start)
  expect((await getImage({ ...api, key: other }, code.id)).status).toBe(404)
  expect((await getImage(api, code.id)).status).toBe(200)
  await api.deleteQrCode(code.id)
  for (const id of [code.id, 'unknown']) expect((await getImage(api, id)).status).toBe(404)
  expect((await getImage(api, 'unknown', { query: 'size=0' })).status).toBe(422)
})

describe('ETag', () => {
  test('stays the same until the image changes: by size and design, but not by name and destination', async () => {
    const api = await startAt(start)
    const code = await anyQrCode(api)
    const first = await getImage(api, code.id)
    const again = await getImage(api, code.id)
    expect(etagOf(again)).toBe(etagOf(first))
    expect(again.bytes.equals(first.bytes)).toBe(true)
    await api.renameQrCode(code.id, 'New')
    const tags = [etagOf(await getImage(api, code.id))]
    expect(tags).toEqual([etagOf(first)])
    tags.push(etagOf(await getImage(api, code.id, { query: 'size=300' })))
    const dot_shape = code.render_customizations.dot_shape === 'dots' ? 'square' : 'dots'
    for (const change of [{ dot_color: '#123456' }, { dot_shape }, { background: '#FFFFEE' }]) {
      await patch(api, code, change)
      tags.push(etagOf(await getImage(api, code.id)))
    }
    expect(new Set(tags).size).toBe(5)
    for (const tag of tags) expect(tag).toMatch(/^"[0-9a-f]{16}"$/)
  })

  test('is the same after a restart and after an hour', async () => {
    const api = await startAt(start)
    const { id } = await anyQrCode(api)
    const first = await getImage(api, id)
    clock.now += 3_600_000
    expect(etagOf(await getImage(api, id))).toBe(etagOf(first))
    const again = await startAt(start, { publicUrl: api.url })
    const same = (await getImage(again, id)).bytes
    expect(same.equals(first.bytes)).toBe(true)
  })
})

describe('If-None-Match', () => {
  let api: InProcessReferenceApi
  let id: string
  let etag: string

  beforeAll(async () => {
    api = await startReferenceApi({ codes: 1, scans: 0 })
    await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
    id = (await anyQrCode(api)).id
    etag = etagOf(await getImage(api, id))
  })
  afterAll(() => api.close())

  test.each([
    ['the tag', (tag: string) => tag, 304],
    ['a weak one', (tag: string) => `W/${tag}`, 304],
    ['a list', (tag: string) => `"a", W/"b,c" , W/${tag}`, 304],
    ['a list without spaces', (tag: string) => `"a",${tag},"b"`, 304],
    ['anything', () => '*', 304],
    ['another tag', () => '"0123456789abcdef"', 200],
    ['the tag without quotes', (tag: string) => tag.slice(1, -1), 200],
    ['a part of the tag', (tag: string) => `${tag.slice(0, -3)}"`, 200],
    ['nonsense', () => '"', 200],
  ])('%s', async (_, header, status) => {
    const got = await getImage(api, id, { 'if-none-match': header(etag) })
    expect([got.status, etagOf(got)]).toEqual([status, etag])
    expect(got.headers.get('cache-control')).toBe('private, max-age=3600')
    expect(got.bytes.length > 0).toBe(status === 200)
  })

  test('matches in any list that contains the tag, and in no other', async () => {
    const tag = fc.stringMatching(/^[!#-~]{0,12}$/).map((text) => `"${text}"`)
    const member = fc.tuple(fc.constantFrom('', 'W/'), tag).map(([weak, text]) => weak + text)
    const list = fc.array(member, { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(list, list, fc.boolean(), fc.constantFrom(',', ' , ', ',\t'), async (...given) => {
        const [before, after, isIn, comma] = given
        fc.pre(isIn || before.length + after.length > 0)
        fc.pre(![...before, ...after].some((other) => other.endsWith(etag)))
        const header = [...before, ...(isIn ? [etag] : []), ...after].join(comma)
        expect((await getImage(api, id, { 'if-none-match': header })).status).toBe(isIn ? 304 : 200)
      }),
      { numRuns: 60 },
    )
  })
})

test('an image counts as a call, cached or not, and so does a 304', async () => {
  const api = await startAt(start)
  const { id } = await anyQrCode(api)
  const etag = etagOf(await getImage(api, id))
  await getImage(api, id)
  await getImage(api, id, { 'if-none-match': etag })
  expect((await api.audit()).by_endpoint['GET /qr-codes/{id}/image']).toBe(3)
})

test('other calls are answered while images are rendered', async () => {
  const api = await startAt(start)
  const { id } = await anyQrCode(api)
  let rendered = 0
  const pictures = Array.from({ length: 12 }, async (_, index) => {
    const got = await getImage(api, id, { query: `size=${2048 - index}` })
    rendered++
    return got.status
  })
  const list = await fetch(`${api.url}/api/v1/me`, { headers: { authorization: `Bearer ${api.key}` } })
  expect([list.status, rendered < 6]).toEqual([200, true])
  expect(new Set(await Promise.all(pictures))).toEqual(new Set([200]))
})
