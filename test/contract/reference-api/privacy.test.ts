import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openStore, type Store } from '../../../reference-api/store/store.ts'
import {
  anyQrCode,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const clock = { now: Date.UTC(2026, 2, 14, 12) }

async function open(api: InProcessReferenceApi, headers: Record<string, string> = {}): Promise<void> {
  const { short_url } = await anyQrCode(api)
  const response = await fetch(short_url, {
    headers: { 'user-agent': 'phone', ...headers },
    redirect: 'manual',
  })
  expect(response.status).toBe(302)
}

const addresses = ['198.18.55.66', '2001:db8:77:88::99']

/** Of the file and the files that SQLite keeps next to it. */
function bytesIn(folder: string): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reference-api-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  return folder
}

test('the store never contains the address of a visitor, in text or binary, while the server runs or afterwards', async () => {
  const folder = makeFolder()
  const api = await startReferenceApi({ codes: 1, scans: 0, file: join(folder, 'api.db') })
  for (const address of addresses) {
    await open(api, { 'x-forwarded-for': address, referer: 'https://a.example/' })
  }
  expect((await anyQrCode(api)).scan_count).toBe(2)
  const running = bytesIn(folder)
  await api.close()
  for (const bytes of [running, bytesIn(folder)]) {
    expect(bytes.includes('https://a.example/')).toBe(true)
    for (const address of addresses) expect(bytes.includes(address)).toBe(false)
    expect(bytes.includes(Buffer.from([198, 18, 55, 66]))).toBe(false)
    expect(bytes.includes(Buffer.from('20010db8007700880000000000000099', 'hex'))).toBe(false)
  }
})

test('the server overwrites yesterday’s salt and hashes in the store, instead of only deleting them', async () => {
  const folder = makeFolder()
  const file = join(folder, 'api.db')
  const api = await startReferenceApi({ codes: 1, scans: 0, file, now: () => clock.now })
  // Enough for several pages of the file, which SQLite may leave unchanged when they become free.
  for (let i = 0; i < 200; i++) await open(api, { 'x-forwarded-for': `198.18.1.${i}` })
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = db
    .prepare('SELECT salt AS secret FROM visitor_salts UNION ALL SELECT hash FROM visitors')
    .all()
  const secrets = rows.map(({ secret }) => Buffer.from(secret as Uint8Array))
  db.close()
  const leftIn = (bytes: Buffer) => secrets.filter((secret) => bytes.includes(secret)).length
  expect([secrets.length, leftIn(bytesIn(folder))]).toEqual([201, 201])
  clock.now += 86_400_000
  await open(api)
  // While it runs, because a killed process would leave this behind.
  expect(leftIn(bytesIn(folder))).toBe(0)
  await api.close()
  expect(leftIn(bytesIn(folder))).toBe(0)
})

test('the server overwrites them even if nobody visits, and even if a reader blocked it at first', async () => {
  const folder = makeFolder()
  const file = join(folder, 'api.db')
  clock.now = Date.UTC(2026, 2, 14, 12)
  const api = await startReferenceApi({ codes: 1, scans: 0, file, now: () => clock.now })
  await open(api)
  const db = new DatabaseSync(file, { readOnly: true })
  const salt = Buffer.from(db.prepare('SELECT salt FROM visitor_salts').get()?.['salt'] as Uint8Array)
  db.exec('BEGIN; SELECT * FROM visitors')
  clock.now += 86_400_000
  const before = performance.now()
  api.store.forgetVisitors(clock.now)
  db.exec('COMMIT')
  db.close()
  vi.spyOn(performance, 'now').mockReturnValue(before + 60_000)
  api.store.forgetVisitors(clock.now)
  vi.restoreAllMocks()
  expect(bytesIn(folder).includes(salt)).toBe(false)
  await api.close()
})

test('a scan that fails rolls back the change of day: the next one deletes yesterday, and stores the day’s salt', () => {
  const file = join(makeFolder(), 'api.db')
  const visitor = { code: 1, ip: '198.18.55.66', userAgent: 'phone' }
  const store = openStore(file)
  store.transaction(() => store.visitors.isFirstToday(visitor, clock.now))
  clock.now += 86_400_000
  const failing = () =>
    store.transaction(() => {
      store.visitors.isFirstToday(visitor, clock.now)
      throw new Error('disk full')
    })
  expect(failing).toThrow('disk full')
  const isFirst = (of: Store) => of.transaction(() => of.visitors.isFirstToday(visitor, clock.now))
  expect(isFirst(store)).toBe(true)
  store.close()
  const reopened = openStore(file)
  expect(isFirst(reopened)).toBe(false)
  reopened.close()
  const db = new DatabaseSync(file, { readOnly: true })
  expect(db.prepare('SELECT count(*) AS n FROM visitors').get()).toEqual({ n: 1 })
  db.close()
})
