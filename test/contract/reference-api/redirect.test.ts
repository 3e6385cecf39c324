import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTraffic } from '../../../reference-api/scans/traffic.ts'
import { sendRaw } from '../../support/reference-api/raw-http.ts'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 23, 59, 59, 900)
const clock = { now: start }
const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1'

let api: InProcessReferenceApi
let code: ListedQrCode

beforeEach(async () => {
  clock.now = start
  api = await startReferenceApi({ codes: 2, scans: 0, now: () => clock.now })
  code = await anyQrCode(api)
})
afterEach(() => api.close())

const open = (headers: Record<string, string> = { 'user-agent': iPhone }, method = 'GET') =>
  fetch(code.short_url, { method, headers, redirect: 'manual' })

async function scans() {
  const path = `/qr-codes/${code.id}/scans?order=asc&per_page=100`
  return (await callApi<{ device_type: string; is_unique: boolean }[]>(api, path)).body.data
}

test('a response that may change is never cached, a 404 and a 410 included', async () => {
  const missing = await fetch(`${api.url}/r/nothing`)
  await api.deleteQrCode(code.id)
  const deleted = await open()
  expect([missing.status, deleted.status]).toEqual([404, 410])
  for (const { headers } of [missing, deleted]) expect(headers.get('cache-control')).toBe('no-store')
})

test('a request with two Host headers is refused', async () => {
  const head = `GET ${new URL(code.short_url).pathname} HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n`
  expect((await sendRaw(api.url, head)).status).toBe(400)
  expect(await scans()).toEqual([])
})

test('a visit redirects to the destination, and is recorded', async () => {
  const response = await open({
    'user-agent': iPhone,
    'accept-language': 'de-DE,de;q=0.9',
    referer: 'https://example.com/a?b=c',
  })
  expect(response.status).toBe(302)
  expect(response.headers.get('location')).toBe(code.destination_url)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await scans()).toMatchObject([
    {
      qr_code_id: code.id,
      scanned_at: '2026-03-14T23:59:59.900Z',
      device_type: 'mobile',
      os: 'iOS',
      browser: 'Safari',
      language: 'de-DE',
      referrer: 'https://example.com/a',
      is_unique: true,
      country: null,
      region: null,
      city: null,
    },
  ])
  const listed = await anyQrCode(api, 'sort=-last_scanned_at')
  expect([listed.scan_count, listed.last_scanned_at]).toEqual([1, '2026-03-14T23:59:59.900Z'])
})

test('a visitor is unique once per code and UTC day', async () => {
  await open()
  await open()
  await open({ 'user-agent': iPhone, 'x-forwarded-for': '198.18.0.7' })
  clock.now += 100
  await open()
  expect((await scans()).map((scan) => scan.is_unique).toSorted()).toEqual([false, true, true, true])
})

test.each([
  ['a crawler', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
  ['an iPad', iPhone.replaceAll('iPhone', 'iPad'), 'tablet'],
  [
    'a PC',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36',
    'desktop',
  ],
  ['a television', 'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 TV Safari/537.36', 'other'],
  ['nobody', '', 'other'],
  ['a long riddle', '"\\{}[]\u00ff'.repeat(500), 'bot'],
])('the device of %s is recognised', async (_, userAgent, device) => {
  await open({ 'user-agent': userAgent, 'accept-language': '*', referer: 'not a url' })
  expect((await scans())[0]).toMatchObject({ device_type: device, language: null, referrer: null })
})

test('HEAD and prefetches record nothing', async () => {
  expect((await open({ 'user-agent': iPhone }, 'HEAD')).status).toBe(302)
  expect((await open({ 'user-agent': iPhone, 'sec-purpose': 'prefetch;prerender' })).status).toBe(302)
  expect(await scans()).toEqual([])
})

test('410 for a deleted code, 404 for an unknown one', async () => {
  await api.deleteQrCode(code.id)
  expect((await open()).status).toBe(410)
  expect((await fetch(`${api.url}/r/unknown`, { redirect: 'manual' })).status).toBe(404)
  expect((await api.scanIds()).size).toBe(0)
})

test('no address is stored, and yesterday’s hashes are deleted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
  const file = join(folder, 'api.db')
  const kept = await startReferenceApi({ codes: 1, scans: 0, file, now: () => clock.now })
  const db = new DatabaseSync(file, { readOnly: true })
  const visitors = () => db.prepare('SELECT * FROM visitors').all().length
  const visit = () =>
    fetch(`${kept.url}/r/${kept.store.qrCodes.activeSlugs()[0]}`, {
      headers: { 'user-agent': iPhone, 'x-forwarded-for': '198.18.55.66' },
      redirect: 'manual',
    })
  await visit()
  expect(visitors()).toBe(1)
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    expect(JSON.stringify(db.prepare(`SELECT * FROM ${String(name)}`).all())).not.toContain('198.18')
  }
  clock.now += 86_400_000
  await visit()
  expect(visitors()).toBe(1)
  db.close()
  await kept.close()
  rmSync(folder, { recursive: true })
})

test('simulated traffic uses the redirect, and stops', async () => {
  const errors: unknown[] = []
  const slugs = api.store.qrCodes.activeSlugs()
  const stop = startTraffic({
    url: api.url,
    slugs,
    perMinute: 60_000,
    seed: 1,
    onError: (error) => errors.push(error),
  })
  await expect.poll(async () => (await api.scanIds()).size).toBeGreaterThan(50)
  stop()
  expect(errors).toEqual([])
  expect(new Set((await scans()).map((scan) => scan.device_type)).size).toBeGreaterThan(1)
})
