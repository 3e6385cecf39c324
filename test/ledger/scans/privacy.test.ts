import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import { readAnalytics } from '../../../activities/sync/read-analytics.ts'
import { Slice } from '../../../activities/sync/slice.ts'
import { readGapDay } from '../../../activities/sync/read-gap-day.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { createApiClient } from '../../../src/source/client.ts'
import { createMask } from '../../../src/config/create-mask.ts'
import type { PrivacyConfig } from '../../../src/config/schema.ts'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { AnalyticsBreakdown } from '../../../src/streams/analytics-breakdown.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import {
  anyQrCode,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'

const seen = {
  referrer: 'https://intranet.example/zq-swordfish',
  city: 'Zq Llanfairpwll',
  region: 'Zq Gwynedd',
  browser: 'Zq Navigator',
  os: 'Zq Amiga OS',
  language: 'zq-ZQ',
}
const late = { ...seen, city: 'Zq Lately', referrer: 'https://intranet.example/zq-late' }
const salt = 'a salt of which nobody knows'
const { signal } = new AbortController()
const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

let api: InProcessReferenceApi
let folder: string
let code: { id: string }
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-privacy-'))
  api = await startReferenceApi({ codes: 3, scans: 50, plan: 'advanced' })
  code = await anyQrCode(api)
  await api.insertScans([
    { qr_code_id: code.id, scanned_at: `${day}T10:00:00Z`, device_type: 'mobile', ...seen },
    { qr_code_id: code.id, scanned_at: `${day}T11:00:00Z`, device_type: 'mobile', ...seen },
  ])
})
afterAll(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})

/** Lands everything of the account, including its analytics and a late scan. */
async function land(name: string, privacy?: PrivacyConfig): Promise<{ ledger: Ledger; bytes: () => string }> {
  const ledger = await openLedger(join(folder, `${name}.sqlite`))
  await ensureConnector(ledger, 'test')
  const client = createApiClient({
    baseUrl: `${api.url}/api/v1`,
    apiKey: api.key,
    ...(privacy && { mask: createMask(privacy) }),
  })
  const deps = activityDeps({ api: client, ledger })
  const slice = new Slice(signal)
  await refreshCatalogue(deps, signal)
  let isDone = false
  while (!isDone) isDone = (await collectScans(deps, signal)).isDone
  await readAnalytics(deps, slice, code.id, { keptBack: 0, untilDay: null })
  await api.insertScans([{ qr_code_id: code.id, scanned_at: `${day}T01:00:00Z`, ...late }])
  const gapDay = { qrCodeId: code.id, day, toDay: day, offsetMinutes: 0, isNeighbour: false, page: 1 }
  await readGapDay(deps, slice, gapDay, { keptBack: 0 })
  await client.close()
  return {
    ledger,
    // With the write-ahead log, which contains the latest writes.
    bytes: () =>
      readdirSync(folder)
        .filter((file) => file.startsWith(`${name}.sqlite`))
        .map((file) => readFileSync(join(folder, file), 'latin1'))
        .join(''),
  }
}

async function rowsOf<Row>(ledger: Ledger, table: 'scans' | 'analytics_breakdown'): Promise<Row[]> {
  const rows = await ledger.selectFrom(table).select('row').where('qr_code_id', '=', code.id).execute()
  return rows.map(({ row }) => JSON.parse(row) as Row)
}

describe('a ledger', () => {
  it('stores what the API sends of a scan', async () => {
    const { ledger, bytes } = await land('plain')
    for (const value of [...Object.values(seen), ...Object.values(late)]) expect(bytes()).toContain(value)
    await ledger.destroy()
  })

  it('never stores what is dropped or hashed, not one byte, however it arrived', async () => {
    const { ledger, bytes } = await land('masked', {
      drop: ['referrer', 'city', 'os', 'is_unique'],
      hash: ['browser', 'region', 'language'],
      salt,
    })
    for (const value of [...Object.values(seen), ...Object.values(late), salt]) {
      expect(bytes()).not.toContain(value)
    }

    const scans = (await rowsOf<Scan>(ledger, 'scans')).filter(({ scanned_at }) => scanned_at.startsWith(day))
    const ours = scans.filter(({ device_type }) => device_type === 'mobile')
    expect(ours.length).toBeGreaterThanOrEqual(2)
    for (const scan of scans) {
      expect(scan).toMatchObject({ referrer: null, city: null, os: null, is_unique: null })
    }

    const shares = await rowsOf<AnalyticsBreakdown>(ledger, 'analytics_breakdown')
    const namesOf = (dimension: string) =>
      shares.filter((share) => share.dimension === dimension).map(({ name }) => name)
    expect([namesOf('city'), namesOf('os')]).toEqual([[], []])
    expect(namesOf('device')).toContain('mobile')
    const browsers = new Set(namesOf('browser'))
    for (const name of browsers) expect(name).toMatch(/^[0-9a-f]{32}$/)
    // One browser there is one browser here.
    for (const { browser } of scans) if (browser !== null) expect(browsers).toContain(browser)
    await ledger.destroy()
  })
})
