import { describe, expect, onTestFinished, test } from 'vitest'
import {
  callApi,
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

async function start(options: StartOptions = {}): Promise<InProcessReferenceApi> {
  const api = await startReferenceApi({ codes: 0, scans: 0, ...options })
  onTestFinished(() => api.close())
  return api
}

const crate = (number: number) => ({
  name: `Crate ${number}`,
  type: 'url',
  destination_url: `https://example.com/crates/${number}`,
})
const crates = (count: number) => Array.from({ length: count }, (_, index) => crate(index))
const createAll = (api: InProcessReferenceApi, qr_codes: unknown) =>
  callApi<ListedQrCode[]>(api, '/qr-codes/bulk', { method: 'POST', json: { qr_codes } })
const total = async (api: InProcessReferenceApi) => (await callApi(api, '/qr-codes')).body.pagination.total

test('201 with all codes in the order of the request, each with its own short URL', async () => {
  const api = await start()
  const given = crates(250)
  const { status, body } = await createAll(api, given)
  expect(status).toBe(201)
  expect(body.data).toMatchObject(given)
  for (const field of ['id', 'short_url'] as const) {
    expect(new Set(body.data.map((code) => code[field])).size).toBe(250)
  }
  expect(await total(api)).toBe(250)
  const listed = await listQrCodes(api, 'sort=created_at')
  expect(body.data).toEqual(expect.arrayContaining(listed))
  const response = await fetch(String(body.data[17]?.short_url), { redirect: 'manual' })
  expect(response.headers.get('location')).toBe('https://example.com/crates/17')
})

test('costs one call, whatever the number of codes', async () => {
  const api = await start()
  await createAll(api, crates(40))
  expect((await api.audit()).accepted).toBe(1)
})

describe('all or nothing', () => {
  test('an invalid code: 422 that names its index, and no code is created', async () => {
    const api = await start()
    const given: unknown[] = crates(20)
    given[17] = { ...crate(17), destination_url: 'javascript:alert(1)', colour: 'red' }
    given[3] = { ...crate(3), name: '', render_customizations: { dot_color: 'red', logo_url: 'http://x.y/' } }
    given[5] = 'crate'
    given[6] = { ...crate(6), destination_url: 'https://1.2.3.999/' }
    const { status, body } = await createAll(api, given)
    expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED'])
    expect(body.fields).toEqual({
      'qr_codes[17].destination_url': ['must be a web address that starts with http:// or https://'],
      'qr_codes[17].colour': ['is not a known field'],
      'qr_codes[3].name': ['must not be empty', 'must not be blank'],
      'qr_codes[3].render_customizations.dot_color': ['must be a colour as #RRGGBB, like #0F172A'],
      'qr_codes[3].render_customizations.logo_url': ['must be a web address that starts with https://'],
      'qr_codes[5]': ['must be an object'],
      'qr_codes[6].destination_url': ['must be a valid web address'],
    })
    expect(await total(api)).toBe(0)
  })

  test('one code more than the plan allows: 403, and no code is created', async () => {
    const api = await start({ codes: 240 })
    const refused = await createAll(api, crates(11))
    expect([refused.status, refused.body.code]).toEqual([403, 'QR_LIMIT_REACHED'])
    expect(await total(api)).toBe(240)
    expect((await createAll(api, crates(10))).status).toBe(201)
    expect(await total(api)).toBe(250)
  })

  test('a failure half-way: no code is created', async () => {
    const api = await start({ onUnexpectedError: () => undefined })
    const insert = api.store.qrCodes.insert.bind(api.store.qrCodes)
    let left = 5
    api.store.qrCodes.insert = (code) => {
      if (left-- === 0) throw new Error('the disk is full')
      return insert(code)
    }
    expect((await createAll(api, crates(10))).status).toBe(500)
    expect(await total(api)).toBe(0)
  })
})

describe('1 to 500 codes', () => {
  test.each([
    [0, 'must have at least 1 item'],
    [501, 'must have at most 500 items'],
  ])('422 for %i', async (count, message) => {
    const api = await start()
    const { status, body } = await createAll(api, crates(count))
    expect([status, body.fields]).toEqual([422, { qr_codes: [message] }])
  })

  test('500 codes of the greatest length are read: the number of codes that the plan allows refuses them', async () => {
    const api = await start()
    const longest = crates(500).map((each) => ({
      ...each,
      name: '\u0001'.repeat(199) + 'x',
      destination_url: `https://example.com/${'x'.repeat(2028)}`,
      render_customizations: { logo_url: `https://example.com/${'x'.repeat(2028)}` },
    }))
    const { status, body } = await createAll(api, longest)
    expect([status, body.code]).toEqual([403, 'QR_LIMIT_REACHED'])
  })

  test('millions of items are refused with one short message', async () => {
    const api = await start()
    const { status, body } = await createAll(api, Array<number>(1_900_000).fill(0))
    expect([status, body.fields]).toEqual([
      422,
      { body: ['must have at most 10000 fields and items in all'] },
    ])
  })
})

test('Pro gets 403 before the server reads the request', async () => {
  const api = await start({ plan: 'pro' })
  for (const body of [JSON.stringify({ qr_codes: [crate(1)] }), '{"', 'x'.repeat(5_000_000)]) {
    const headers = { 'content-type': 'application/json' }
    const answer = await callApi(api, '/qr-codes/bulk', { method: 'POST', body, headers })
    expect([answer.status, answer.body]).toEqual([
      403,
      {
        success: false,
        error: 'The Pro plan does not include bulk creation.',
        code: 'PLAN_NOT_ALLOWED',
      },
    ])
  }
})
