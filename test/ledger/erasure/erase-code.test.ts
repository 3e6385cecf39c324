import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { searchLateScans } from '../../../activities/sync/read-analytics.ts'
import { Slice } from '../../../activities/sync/slice.ts'
import { ApiError } from '../../../src/source/api-error.ts'
import { streams } from '../../../src/streams/streams.ts'
import { readDifferences } from '../../../src/insight/read-differences.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { readActions } from '../../../src/ledger/connector/audit-trail.ts'
import { ensureConnector, readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { listGapRanges } from '../../../src/ledger/scans/gaps.ts'
import { clearTraces, eraseCode } from '../../../src/ledger/erasure/erase-code.ts'
import {
  noteErased,
  noteNotErased,
  readErasedAtMs,
  readOpenErasures,
} from '../../../src/ledger/erasure/erasures.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { operator } from '../../support/ledger/operator.ts'
import { ledgerKinds, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth } from '../../support/worlds/planned-month.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')

function scan(api: ModelApi, code: QrCode, fromMs: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const atMs = fromMs + index * 60_000
    api.addScan(code, atMs, `${code.id}-${atMs}`)
  }
}

/** Codes with scans from before the connector was set up. */
async function world(kind: LedgerKind, codes: number) {
  const api = new ModelApi()
  Object.assign(api, { perPage: 20, plan: 'pro', perMonth: 5_000 })
  for (let index = 0; index < codes; index++) api.addCode()
  for (const code of api.codes) scan(api, code, startMs - 5 * dayMs, 30)
  const month = await planMonth(api, { startMs, kind, hasAnalytics: true })
  const { ledger, connector } = month.deps
  const erase = async (qrCodeId: string) => {
    await eraseCode(ledger, { connector, qrCodeId, destinations: [] }, operator, month.now())
  }
  return { api, month, ledger, connector, erase }
}

function codeAt(api: ModelApi, index: number): QrCode {
  const code = api.codes[index]
  if (code === undefined) throw new Error('there are not so many codes')
  return code
}

/** Every table that mentions a text in any column. */
async function tablesWith(ledger: Ledger, text: string): Promise<string[]> {
  const found: string[] = []
  for (const { name } of await ledger.introspection.getTables()) {
    const rows = await ledger
      .selectFrom(name as 'scans')
      .selectAll()
      .execute()
    if (JSON.stringify(rows).includes(text)) found.push(name)
  }
  return found.toSorted()
}

const landedIds = async (ledger: Ledger) =>
  (await ledger.selectFrom('scans').select('id').orderBy('id').execute()).map(({ id }) => id)

type CallKind = 'list' | 'scans' | 'analytics' | 'late scans'

/** Runs `work` once, while the next call of a kind about a code is in flight. */
function duringCall(
  api: ModelApi,
  { kind, qrCodeId, fails = false }: { kind: CallKind; qrCodeId: string; fails?: boolean },
  work: () => Promise<void>,
): { isDone: () => boolean } {
  let isDone = false
  const workOnce = async (calls: boolean) => {
    if (!calls || isDone) return
    isDone = true
    await work()
    if (!fails) return
    throw new ApiError('API_UNAVAILABLE', 'broken', { retry: 'backoff', endpoint: kind, status: 500 })
  }
  const { listQrCodes, listScans, analytics } = api
  api.listQrCodes = async (asked) => {
    const page = await listQrCodes(asked)
    await workOnce(kind === 'list')
    return page
  }
  api.listScans = async (id, asked) => {
    const page = await listScans(id, asked)
    // Only a search for late scans has an end once the history has landed.
    const asksForLate = asked.to !== undefined
    await workOnce(id === qrCodeId && kind === (asksForLate ? 'late scans' : 'scans'))
    return page
  }
  api.analytics = async (id, asked) => {
    const answer = await analytics(id, asked)
    await workOnce(id === qrCodeId && kind === 'analytics')
    return answer
  }
  return { isDone: () => isDone }
}

describe.each(ledgerKinds)('an erased code in a ledger on %s', (kind) => {
  it('leaves no row, is never fetched again, and changes nothing for other codes', async () => {
    const { api, month, ledger, connector, erase } = await world(kind, 3)
    const secret = codeAt(api, 0)
    await month.runUntil(startMs + dayMs)
    expect((await landedIds(ledger)).length).toBe(api.scans.length)
    expect(await tablesWith(ledger, secret.id)).toContain('analytics_daily')

    await erase(secret.id)
    const left = ['audit_trail', 'calls', 'erased_codes']
    expect(await tablesWith(ledger, secret.id)).toEqual(left)

    const callsBefore = api.calls.length
    const ofSecret = ['scans', 'late scans', 'analytics'] as const
    const calls = ofSecret.map((each) =>
      duringCall(api, { kind: each, qrCodeId: secret.id }, () => Promise.resolve()),
    )
    for (let hour = 0; hour < 4; hour++) {
      for (const code of api.codes) scan(api, code, month.now(), 2)
      await month.runUntil(month.now() + hourMs)
    }
    // A full pass of the list shows it again, as the API still has it.
    await ledger.updateTable('list_passes').set({ full_listed_at_ms: null }).execute()
    await month.runUntil(month.now() + dayMs / 2)
    const expected = api.scans.filter(({ qr_code_id: id }) => id !== secret.id).map(({ id }) => id)
    expect(await landedIds(ledger)).toEqual(expected.toSorted())
    expect(await tablesWith(ledger, secret.id)).toEqual(left)
    expect(calls.map(({ isDone }) => isDone())).toEqual([false, false, false])
    expect(api.calls.length).toBeGreaterThan(callsBefore)

    const state = await readConnector(ledger, connector)
    expect(await readDifferences(ledger, state, month.now())).toMatchObject({
      codes: 2,
      complete_codes: 2,
      lost_scans: 0,
    })
    expect(await readErasedAtMs(ledger, { connector, qrCodeId: secret.id })).toBe(startMs + dayMs)
    expect(await readActions(ledger, connector, 9)).toMatchObject([{ action: 'erase', qrCodeId: secret.id }])
    await ledger.destroy()
  })

  it('does not come back with a call that is in flight, whether it fails or not', async () => {
    const { api, month, ledger, connector, erase } = await world(kind, 8)
    await month.runUntil(startMs + 6 * hourMs)
    const flights = [
      { kind: 'list' },
      { kind: 'scans' },
      { kind: 'scans', fails: true },
      { kind: 'analytics' },
      { kind: 'analytics', fails: true },
      { kind: 'late scans' },
    ] as const
    const erased = flights.map((flight, index) => {
      const { id } = codeAt(api, index)
      return { id, ...duringCall(api, { ...flight, qrCodeId: id }, () => erase(id)) }
    })
    for (const code of api.codes) {
      scan(api, code, month.now(), 30)
      // These arrive late, below the cursor.
      scan(api, code, startMs - 2 * dayMs, 3)
    }
    await month.runUntil(startMs + dayMs)
    const { id: lateId } = erased.at(-1) as { id: string }
    const range = { day: '2026-10-30', toDay: '2026-10-30', offsetMinutes: 0, isNeighbour: false }
    await ledger.transaction().execute((tx) => listGapRanges(tx, { connector, id: lateId }, [range]))
    await searchLateScans(month.deps, new Slice(new AbortController().signal), lateId, { keptBack: 0 })
    await month.runUntil(startMs + 2 * dayMs)
    expect(erased.map(({ isDone }) => isDone())).toEqual(flights.map(() => true))
    const ids = erased.map(({ id }) => id)
    for (const id of ids) {
      expect(await tablesWith(ledger, id)).toEqual(['audit_trail', 'calls', 'erased_codes'])
    }
    const landed = await ledger.selectFrom('scans').select('qr_code_id').distinct().execute()
    expect(landed.map((row) => row.qr_code_id).toSorted()).toEqual(
      api.codes
        .slice(flights.length)
        .map(({ id }) => id)
        .toSorted(),
    )
    const open = ledger
      .selectFrom('calls')
      .select('id')
      .where((eb) => eb.and({ connector, outcome: 'pending' }))
    expect(await open.execute(), 'calls in flight are settled').toEqual([])
    await ledger.destroy()
  })
})

it('is not left in the files of a SQLite ledger', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'erased-'))
  const connector = 'test'
  const ledger = await openLedger(join(folder, 'ledger.db'))
  await ensureConnector(ledger, connector)
  const [code, other] = [codeOf(1), codeOf(2)]
  await landCodes(ledger, [code, other], startMs)
  const referrer = 'https://somebody.example/of-interest'
  const scans = Array.from({ length: 300 }, (_, index) =>
    scanOf({ id: `scan-${index}`, qr_code_id: code.id, referrer }),
  )
  await landNewScans(ledger, scans, startMs)
  await landNewScans(ledger, [scanOf({ id: 'kept', qr_code_id: other.id, referrer: 'kept' })], startMs)
  const bytes = async () =>
    Buffer.concat((await readdir(folder)).map((name) => readFileSync(join(folder, name)))).toString('latin1')
  expect(await bytes()).toContain(referrer)
  await eraseCode(ledger, { connector, qrCodeId: code.id, destinations: [] }, operator, startMs)
  expect(await clearTraces(ledger)).toEqual([])
  const left = await bytes()
  expect(left).not.toContain(referrer)
  expect(left).not.toContain('scan-299')
  expect(left).toContain('"referrer":"kept"')
  await ledger.destroy()
  await rm(folder, { recursive: true })
})

it('covers every stream', () => {
  for (const stream of Object.values(streams)) {
    expect('qr_code_id' in stream.columns || stream === streams.qr_codes).toBe(true)
  }
})

it('an erasure whose repetition fails is open again, with the reason, until it succeeds', async () => {
  const { ledger, connector, month, api } = await world('sqlite', 1)
  const place = { connector, destination: 'crm' }
  const id = codeAt(api, 0).id
  await eraseCode(ledger, { connector, qrCodeId: id, destinations: ['crm'] }, operator, month.now())
  const open = () => readOpenErasures(ledger, connector, new Set(['crm']))
  await noteErased(ledger, place, [id], startMs)
  expect(await open()).toEqual([])
  await noteNotErased(ledger, place, [id], { problem: 'it is down', dueAtMs: startMs + hourMs })
  expect(await open()).toEqual([{ destination: 'crm', qr_code_id: id, problem: 'it is down' }])
  await noteErased(ledger, place, [id], startMs + 2 * hourMs)
  expect(await open()).toEqual([])
  await ledger.destroy()
})
