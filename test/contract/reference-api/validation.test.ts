import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rulesInWords } from '../../../reference-api/http/field-errors.ts'
import { bodySchema, querySchema, type Json } from '../../../reference-api/contract/openapi.ts'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../support/reference-api/reference-api.ts'

const unknownId = '00000000-0000-4000-8000-000000000000'
const menu = { name: 'Menu', type: 'url', destination_url: 'https://example.com/menu' }
const webAddress = 'must be a web address that starts with http:// or https://'
const validAddress = 'must be a valid web address'
const secureAddress = 'must be a web address that starts with https://'
const colour = 'must be a colour as #RRGGBB, like #0F172A'

let api: InProcessReferenceApi
let code: ListedQrCode

beforeAll(async () => {
  api = await startReferenceApi({ codes: 1, scans: 0 })
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
  code = await anyQrCode(api)
})
afterAll(() => api.close())

describe('a whole number in a query consists of digits only, so it is not', () => {
  test.each(['Infinity', '1e400', '0x10', '1e1', '5.0', '+5', ' 5', '-Infinity', 'NaN', ''])(
    '%j',
    async (text) => {
      const scans = `/qr-codes/${code.id}/scans?`
      const image = `/qr-codes/${code.id}/image?`
      for (const [path, name] of [
        ['/qr-codes?', 'per_page'],
        ['/qr-codes?', 'page'],
        [scans, 'per_page'],
        [scans, 'page'],
        [image, 'size'],
      ] as const) {
        const { status, body } = await callApi(api, `${path}${name}=${encodeURIComponent(text)}`)
        expect([status, body.fields]).toEqual([422, { [name]: ['must be a whole number'] }])
      }
    },
  )
})

const send = (method: 'POST' | 'PATCH', path: string, json: unknown) =>
  callApi<ListedQrCode>(api, path, { method, json })

const rules: [name: string, value: unknown, messages: string[]][] = [
  ['name', '', ['must not be empty', 'must not be blank']],
  ['name', ' \t\n', ['must not be blank']],
  ['name', 'x'.repeat(201), ['must have at most 200 characters']],
  ['name', 5, ['must be a text']],
  ['name', null, ['must be a text']],
  ['name', ['Menu'], ['must be a text']],
  ['name', 'half a pair: \ud83d', ['must be well-formed Unicode']],
  ['destination_url', '', ['must have at least 8 characters', webAddress, validAddress]],
  ['destination_url', 'javascript:alert(1)', [webAddress]],
  ['destination_url', 'data:text/html,<b>', [webAddress, validAddress]],
  ['destination_url', 'ftp://example.com/', [webAddress]],
  ['destination_url', '//example.com/menu', [webAddress, validAddress]],
  ['destination_url', 'example.com/menu', [webAddress, validAddress]],
  ['destination_url', ' https://example.com/', [webAddress, validAddress]],
  ['destination_url', 'https://example.com/a b', [validAddress]],
  ['destination_url', 'https://example.com/\r\nSet-Cookie: a=b', [validAddress]],
  ['destination_url', 'https://exämple.com/', [validAddress]],
  ['destination_url', 'https://exa%20mple.com/', [validAddress]],
  ['destination_url', 'https://1.2.3.999/', [validAddress]],
  ['destination_url', 'https://example.com:99999/', [validAddress]],
  ['destination_url', `https://example.com/${'x'.repeat(2029)}`, ['must have at most 2048 characters']],
  ['destination_url', { href: 'https://example.com' }, ['must be a text']],
  ['render_customizations', 'blue', ['must be an object']],
  ['render_customizations', null, ['must be an object']],
  ['render_customizations', [], ['must be an object']],
  ['render_customizations.dot_color', 'red', [colour]],
  ['render_customizations.dot_color', '#0F1', [colour]],
  ['render_customizations.dot_color', '#0F172AFF', [colour]],
  ['render_customizations.dot_color', null, ['must be a text']],
  ['render_customizations.background', '#GGGGGG', [colour]],
  ['render_customizations.background', 'transparent', [colour]],
  ['render_customizations.dot_shape', 'stars', ['must be square, rounded, or dots']],
  ['render_customizations.frame', 'scan-me', ['must be none, scan-me-bottom, or scan-me-top']],
  ['render_customizations.logo_url', 'http://example.com/logo.png', [secureAddress]],
  ['render_customizations.logo_url', 'data:image/png;base64,AAAA', [secureAddress]],
  ['render_customizations.logo_url', 'https://', [validAddress]],
  ['render_customizations.logo_url', 'https://u:p@example.com/', ['must not hold a user name or password']],
  ['render_customizations.logo_url', 5, ['must be a text']],
  [
    'render_customizations.logo_url',
    `https://example.com/${'x'.repeat(2029)}`,
    ['must have at most 2048 characters'],
  ],
  ['render_customizations.color', '#000000', ['is not a known field']],
  ['destination', 'https://example.com/', ['is not a known field']],
  ['toString', 'x', ['is not a known field']],
]

/** `a.b` with a value is `{a: {b: value}}`. */
function bodyWith(name: string, value: unknown): object {
  const [field = '', member] = name.split('.')
  return { [field]: member === undefined ? value : { [member]: value } }
}

describe.each(rules)('%s: %j', (name, value, messages) => {
  test('422 with a message, for a new code and for a change', async () => {
    const body = bodyWith(name, value)
    for (const answer of [
      await send('POST', '/qr-codes', { ...menu, ...body }),
      await send('PATCH', `/qr-codes/${code.id}`, body),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED'])
      expect(answer.body.fields).toEqual({ [name]: messages })
      expect(answer.body.error).toContain(name)
    }
  })
})

describe('a new code', () => {
  test.each(['name', 'type', 'destination_url'] as const)('needs %s', async (field) => {
    const given: Record<string, string> = { ...menu }
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the field is to be absent, not undefined
    delete given[field]
    expect((await send('POST', '/qr-codes', given)).body.fields).toEqual({ [field]: ['is required'] })
  })

  test('has only the type url', async () => {
    const { body } = await send('POST', '/qr-codes', { ...menu, type: 'text' })
    expect(body.fields).toEqual({ type: ['must be url'] })
  })

  test.each([null, [], 'menu', 5])('is not %j', async (given) => {
    expect((await send('POST', '/qr-codes', given)).body.fields).toEqual({ body: ['must be an object'] })
  })
})

describe('a change', () => {
  test('needs at least one field', async () => {
    const { status, body } = await send('PATCH', `/qr-codes/${code.id}`, {})
    expect([status, body.fields]).toEqual([422, { body: ['must have at least 1 field'] }])
  })

  test.each(['id', 'type', 'short_url', 'scan_count', 'created_at', 'deleted_at'])(
    'never sets %s',
    async (field) => {
      const { status, body } = await send('PATCH', `/qr-codes/${code.id}`, { name: 'x', [field]: 'url' })
      expect([status, body.fields]).toEqual([422, { [field]: ['is not a known field'] }])
      expect((await callApi(api, `/qr-codes/${code.id}`)).body.data).toEqual(code)
    },
  )
})

test('the response reports every wrong field, and no other', async () => {
  const wrong = fc.uniqueArray(
    fc.constantFrom(...rules.filter(([name]) => name !== 'render_customizations')),
    {
      selector: ([name]) => name,
      maxLength: 8,
    },
  )
  await fc.assert(
    fc.asyncProperty(wrong, fc.boolean(), async (chosen, isChange) => {
      const given: Record<string, unknown> = { ...menu, render_customizations: { dot_shape: 'rounded' } }
      if (isChange) delete given['type']
      for (const [name, value] of chosen) {
        const [field = '', member] = name.split('.')
        if (member === undefined) given[field] = value
        else Object.assign(given[field] as object, { [member]: value })
      }
      const { status, body } = isChange
        ? await send('PATCH', `/qr-codes/${code.id}`, given)
        : await send('POST', '/qr-codes', given)
      const isRefused = chosen.length > 0
      const successStatus = isChange ? 200 : 201
      expect(status).toBe(isRefused ? 422 : successStatus)
      if (isRefused) {
        expect(body.fields).toEqual(Object.fromEntries(chosen.map(([name, , messages]) => [name, messages])))
      }
    }),
    { numRuns: 150 },
  )
})

describe('the body of a request', () => {
  const post = (body: RequestInit['body'], type?: string) =>
    callApi(api, '/qr-codes', {
      method: 'POST',
      ...(body && { body }),
      headers: type === undefined ? {} : { 'content-type': type },
    })
  const text = JSON.stringify(menu)

  test.each([
    ['malformed', '{"name": ', 'application/json', 'is not valid JSON'],
    ['empty', '', 'application/json', 'is not valid JSON'],
    ['absent', '', undefined, 'must be an object'],
    ['of text', text, 'text/plain', 'must be application/json'],
    ['a form', 'name=Menu', 'application/x-www-form-urlencoded', 'must be application/json'],
    ['of no type that could be', text, 'json', 'must be application/json'],
    ['larger than 64 KiB', `${text}${' '.repeat(65_536)}`, 'application/json', 'is too large'],
  ])('gets 422 if it is %s', async (_, body, type, message) => {
    const answer = await post(body, type)
    expect([answer.status, answer.body.fields]).toEqual([422, { body: [message] }])
  })

  test('accepts a charset, and JSON of 64 KiB', async () => {
    expect((await post(text, 'application/json; charset=utf-8')).status).toBe(201)
    expect((await post(text + ' '.repeat(65_536 - text.length), 'application/json')).status).toBe(201)
  })

  test('gets 422 if it is deeply nested', async () => {
    const deep = `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect((await post(deep, 'application/json')).status).toBe(422)
  })
})

describe('the server checks', () => {
  const path = `/qr-codes/${unknownId}`

  test('the key before the request', async () => {
    for (const [method, at] of [
      ['POST', '/qr-codes'],
      ['POST', '/qr-codes/bulk'],
      ['PATCH', path],
      ['DELETE', path],
    ] as const) {
      expect((await callApi(api, at, { method, json: {}, key: null })).status).toBe(401)
    }
  })

  test('the request before the existence of the code', async () => {
    expect((await send('PATCH', path, { name: '' })).status).toBe(422)
    expect((await send('PATCH', path, { name: 'New' })).status).toBe(404)
    expect((await callApi(api, `${path}/analytics?from=2026-03-02&to=2026-03-01`)).status).toBe(422)
    const range = 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z'
    expect((await callApi(api, `${path}/scans?${range}`)).status).toBe(422)
  })

  test('the request before the number of codes', async () => {
    const full = await startReferenceApi({ codes: 250, scans: 0 })
    const post = (json: object) => callApi(full, '/qr-codes', { method: 'POST', json })
    expect((await post({ ...menu, name: '' })).status).toBe(422)
    expect((await post(menu)).status).toBe(403)
    await full.close()
  })

  test('the plan before the request', async () => {
    const starter = await startReferenceApi({ plan: 'starter', codes: 1, scans: 0 })
    for (const [method, at] of [
      ['POST', '/qr-codes'],
      ['POST', '/qr-codes/bulk'],
      ['PATCH', path],
      ['DELETE', path],
    ] as const) {
      const { status, body } = await callApi(starter, at, { method, json: {} })
      expect([status, body.code]).toEqual([403, 'PLAN_NOT_ALLOWED'])
    }
    await starter.close()
  })
})

test('every pattern and format of a request has an error message in words', () => {
  const found: string[] = []
  const visit = (value: Json): void => {
    if (value === null || typeof value !== 'object') return
    for (const [name, member] of Object.entries(value)) {
      if ((name === 'pattern' || name === 'format') && typeof member === 'string') found.push(member)
      visit(member)
    }
  }
  for (const operation of ['createQrCode', 'updateQrCode', 'createQrCodesInBulk']) {
    visit(bodySchema(operation))
  }
  for (const operation of ['listQrCodes', 'getQrCodeImage', 'getQrCodeAnalytics', 'listScans']) {
    visit(querySchema(operation))
  }
  expect([...new Set(found)].toSorted()).toEqual(Object.keys(rulesInWords).toSorted())
})
