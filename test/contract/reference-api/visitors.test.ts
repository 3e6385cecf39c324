import { describe, expect, onTestFinished, test } from 'vitest'
import { countryFromHeader } from '../../../reference-api/scans/geolocation.ts'
import {
  anyQrCode,
  callApi,
  spawnReferenceApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }
const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1'
const crawler = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

interface Scan {
  device_type: string
  os: string | null
  browser: string | null
  language: string | null
  referrer: string | null
  is_unique: boolean
  country?: string | null
  city?: string | null
}

async function startApi(options: StartOptions = {}): Promise<InProcessReferenceApi> {
  clock.now = start
  const api = await startReferenceApi({ codes: 1, scans: 0, now: () => clock.now, ...options })
  onTestFinished(() => api.close())
  return api
}

async function open(
  api: InProcessReferenceApi,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Response> {
  const { short_url } = await anyQrCode(api)
  return fetch(short_url, { method, headers: { 'user-agent': iPhone, ...headers }, redirect: 'manual' })
}

async function scansOf(api: InProcessReferenceApi): Promise<Scan[]> {
  const { id } = await anyQrCode(api)
  return (await callApi<Scan[]>(api, `/qr-codes/${id}/scans?order=asc&per_page=100`)).body.data
}

async function scanWith(headers: Record<string, string>, options: StartOptions = {}): Promise<Scan> {
  const api = await startApi(options)
  expect((await open(api, headers)).status).toBe(302)
  const [scan] = await scansOf(api)
  if (scan === undefined) throw new Error('no scan was recorded')
  return scan
}

describe('the device', () => {
  const webKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
  const chromium = 'AppleWebKit/537.36 (KHTML, like Gecko)'

  test.each([
    [iPhone, 'mobile', 'iOS', 'Safari'],
    [iPhone.replace('Version/17.6', 'CriOS/141.0.7390.41'), 'mobile', 'iOS', 'Chrome'],
    [iPhone.replaceAll('iPhone', 'iPad'), 'tablet', 'iOS', 'Safari'],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${chromium} Chrome/141.0.0.0 Mobile Safari/537.36`,
      'mobile',
      'Android',
      'Chrome',
    ],
    [
      `Mozilla/5.0 (Linux; Android 13; SM-X700) ${chromium} Chrome/140.0.0.0 Safari/537.36`,
      'tablet',
      'Android',
      'Chrome',
    ],
    ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'mobile', 'Android', 'Firefox'],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chromium} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`,
      'desktop',
      'Windows',
      'Microsoft Edge',
    ],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/26.0 Safari/605.1.15`,
      'desktop',
      'macOS',
      'Safari',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'desktop', 'Linux', 'Firefox'],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chromium} Chrome/141.0.0.0 Safari/537.36`,
      'desktop',
      'Chrome OS',
      'Chrome',
    ],
    [crawler, 'bot', null, 'Googlebot'],
    ['WhatsApp/2.23.20.0', 'bot', null, null],
    ['curl/8.5.0', 'bot', null, null],
    ['', 'other', null, null],
  ])('of %s is recognised', async (userAgent, device_type, os, browser) => {
    expect(await scanWith({ 'user-agent': userAgent })).toMatchObject({ device_type, os, browser })
  })

  test('never contains text that the visitor chose', async () => {
    const scan = await scanWith({
      'user-agent': 'somebody@example.com 192.0.2.77/1.0 (my phone; 192.0.2.77)',
    })
    expect(JSON.stringify(scan)).not.toMatch(/somebody|192|phone/)
  })
})

test('bots are recorded and counted like any visitor, with the device bot', async () => {
  const api = await startApi()
  for (let i = 0; i < 2; i++) await open(api, { 'user-agent': crawler })
  const scans = await scansOf(api)
  expect(scans.map(({ device_type, is_unique }) => `${device_type} ${is_unique}`).toSorted()).toEqual([
    'bot false',
    'bot true',
  ])
  expect((await anyQrCode(api)).scan_count).toBe(2)
})

describe('the language', () => {
  test.each([
    ['de-DE,de;q=0.9,en;q=0.8', 'de-DE'],
    ['en;q=0.5, fr-CH;q=0.9, de', 'de'],
    ['en;q=0.3 , pt-BR;q=0.7', 'pt-BR'],
    ['*, en;q=0.1', 'en'],
    ['en;q=0, zh-Hant-TW;q=0.1', 'zh-Hant-TW'],
    ['de;q=2, fr', 'fr'],
    ['de;q=x', null],
    ['*', null],
    ['<script>, 192.0.2.77', null],
    ['', null],
  ])('of %j is %s', async (header, language) => {
    expect(await scanWith({ 'accept-language': header })).toMatchObject({ language })
  })
})

describe('the stored referrer', () => {
  test.each([
    ['https://www.instagram.com/p/abc/?igsh=secret#part', 'https://www.instagram.com/p/abc/'],
    ['https://user:password@example.com:8443/a', 'https://example.com:8443/a'],
    ['HTTP://Example.com', 'http://example.com/'],
    [`https://example.com/${'x'.repeat(900)}`, `https://example.com/${'x'.repeat(480)}`],
    ['android-app://com.google.android.gm/', null],
    ['javascript:alert(1)', null],
    ['not a url', null],
  ])('of %s', async (header, referrer) => {
    expect(await scanWith({ referer: header })).toMatchObject({ referrer })
  })
})

describe('the server redirects, but records nothing,', () => {
  test.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-purpose': 'preview' },
    { 'x-moz': 'prefetch' },
  ] as Record<string, string>[])('for %j', async (headers) => {
    const api = await startApi()
    const response = await open(api, headers)
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      (await anyQrCode(api)).destination_url,
    ])
    expect((await anyQrCode(api)).scan_count).toBe(0)
    await open(api)
    expect(await scansOf(api)).toMatchObject([{ is_unique: true }])
  })

  test('for HEAD', async () => {
    const api = await startApi()
    const response = await open(api, {}, 'HEAD')
    expect([response.status, response.headers.get('cache-control')]).toEqual([302, 'no-store'])
    expect((await anyQrCode(api)).scan_count).toBe(0)
  })
})

test('a visit needs no key, and does not count as a call', async () => {
  const api = await startApi()
  await open(api)
  expect((await api.audit()).by_endpoint).toEqual({ 'GET /qr-codes': 1 })
})

test.each(['POST', 'PUT', 'DELETE'])('%s is 405 and records nothing', async (method) => {
  const api = await startApi()
  expect((await open(api, {}, method)).status).toBe(405)
  expect((await anyQrCode(api)).scan_count).toBe(0)
})

test('a deleted code returns 410 to HEAD and GET, and its scans are kept', async () => {
  const api = await startApi()
  await open(api)
  const { id, short_url } = await anyQrCode(api)
  await api.deleteQrCode(id)
  for (const method of ['HEAD', 'GET']) expect((await fetch(short_url, { method })).status).toBe(410)
  expect((await api.scanIds()).size).toBe(1)
})

describe('the country', () => {
  const locate = countryFromHeader('CF-IPCountry')

  test.each([
    ['DE', 'DE'],
    ['ch', 'CH'],
    ['XX', null],
    ['T1', null],
    ['Germany', null],
    ['', null],
  ])('for the header %j is %s', async (header, country) => {
    expect(await scanWith({ 'cf-ipcountry': header }, { locate })).toMatchObject({ country, city: null })
  })

  test('is unknown unless the operator names the header', async () => {
    expect(await scanWith({ 'cf-ipcountry': 'DE' })).toMatchObject({ country: null })
  })

  test('can come from any lookup, which gets the address', async () => {
    const place = { country: 'FR', region: 'Île-de-France', city: 'Paris' }
    const nowhere = { country: null, region: null, city: null }
    const lookup: StartOptions['locate'] = ({ ip }) => (ip === '198.18.0.7' ? place : nowhere)
    expect(await scanWith({ 'x-forwarded-for': '198.18.0.7' }, { locate: lookup })).toMatchObject(place)
    expect(await scanWith({ 'x-forwarded-for': '198.18.0.8' }, { locate: lookup })).toMatchObject(nowhere)
  })

  test('is not recorded for accounts whose plan excludes it, not even for later', async () => {
    const api = await startApi({ plan: 'pro', locate })
    await open(api, { 'cf-ipcountry': 'DE' })
    expect((await scansOf(api))[0]).not.toHaveProperty('country')
    await api.setPlan('advanced')
    await open(api, { 'cf-ipcountry': 'DE' })
    expect((await scansOf(api)).map(({ country }) => country).toSorted()).toEqual(['DE', null])
  })

  test('comes from the header that --country-header names', async () => {
    const api = await spawnReferenceApi(['--codes', '1', '--scans', '0', '--country-header', 'X-Country'])
    onTestFinished(() => api.close())
    const { id, short_url } = await anyQrCode(api)
    await fetch(short_url, { headers: { 'x-country': 'AT' }, redirect: 'manual' })
    expect((await callApi<Scan[]>(api, `/qr-codes/${id}/scans`)).body.data).toMatchObject([{ country: 'AT' }])
  })
})
