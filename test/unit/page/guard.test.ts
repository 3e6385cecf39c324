import { describe, expect, it } from 'vitest'
import { PageSecrets, whyRefused } from '../../../src/page/guard.ts'

const host = '127.0.0.1:8234'
const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
const statusOf = (method: string, headers: Record<string, string>, isOpen = true) =>
  whyRefused({ method, headers }, isOpen)?.status ?? 200

describe('a page that is open to this machine only', () => {
  it.each(['127.0.0.1:8234', 'localhost:8234', 'localhost', '[::1]:8234', '127.0.0.1:9000'])(
    'is served under the name %s',
    (name) => {
      expect(statusOf('GET', { host: name })).toBe(200)
    },
  )

  it.each(['evil.example', 'evil.example:8234', '127.0.0.1.evil.example', 'localhost.evil.example:8234', ''])(
    'is not served under the name %s, to which another site may have redirected',
    (name) => {
      expect(statusOf('GET', { host: name })).toBe(421)
      expect(statusOf('POST', { ...own, host: name, origin: `http://${name}` })).toBe(421)
    },
  )
})

describe('a form', () => {
  it('of the page itself is accepted', () => {
    expect(statusOf('POST', own)).toBe(200)
    expect(statusOf('POST', { host, origin: `http://${host}` }), 'a browser that tells no site').toBe(200)
  })

  it.each([
    ['another origin', { ...own, origin: 'https://evil.example' }],
    ['another port of this machine', { ...own, origin: 'http://127.0.0.1:3000' }],
    ['no origin', { host, 'sec-fetch-site': 'same-origin' }],
    ['an opaque origin', { ...own, origin: 'null' }],
    ['another site that lies about its origin', { ...own, 'sec-fetch-site': 'cross-site' }],
    ['another name of this machine', { ...own, 'sec-fetch-site': 'same-site' }],
    ['an address typed by hand', { ...own, 'sec-fetch-site': 'none' }],
  ])('of %s is refused, with and without a token', (_, headers) => {
    expect(statusOf('POST', headers)).toBe(403)
    expect(statusOf('POST', headers, false)).toBe(403)
  })
})

it('another site may link to the page, but not use it', () => {
  const from = (mode: string) =>
    statusOf('GET', { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode })
  expect(from('navigate')).toBe(200)
  for (const mode of ['no-cors', 'cors', 'websocket']) expect(from(mode), mode).toBe(403)
})

it.each(['PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s is not allowed', (method) => {
  expect(statusOf(method, own)).toBe(405)
})

it('a form token is valid only until the restart, and no cookie contains the token', () => {
  const token = 'sixteen-letters-and-more'
  const [first, second] = [new PageSecrets(token), new PageSecrets(token)]
  expect(first.isFormToken(first.formToken)).toBe(true)
  expect(second.isFormToken(first.formToken)).toBe(false)
  expect(first.isSession(first.session)).toBe(true)
  expect(second.isSession(first.session)).toBe(false)
  expect(first.isFormToken(first.session)).toBe(false)
  expect(first.session).not.toContain(token)
  expect(first.isToken(token)).toBe(true)
  for (const wrong of [null, '', token.slice(1), `${token} `]) expect(first.isToken(wrong)).toBe(false)
  expect(new PageSecrets(null).isToken('')).toBe(false)
})
