import { describe, expect, it } from 'vitest'
import type { Forecast } from '../../../src/budget/forecast/forecast.ts'
import { periodOf } from '../../../src/budget/windows.ts'
import { reserveCall, settleCall, type Settlement } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { countCodesWithoutAnalytics } from '../../../src/insight/count-codes-without-analytics.ts'
import { keepForecast, readForecast } from '../../../src/ledger/connector/forecasts.ts'
import { landQrCodes } from '../../../src/ledger/codes/land-qr-codes.ts'
import { readCompleteness } from '../../../src/insight/read-completeness.ts'
import { readLandedLags } from '../../../src/insight/read-landed-lags.ts'
import { readTopCodes, readUsage } from '../../../src/insight/read-usage.ts'
import type { Ledger, QrCodeTable } from '../../../src/ledger/base/schema.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const connector = 'test'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const nowMs = Date.parse('2026-03-10T15:20:00Z')
const march = periodOf(nowMs, null)
const scansEndpoint = 'GET /qr-codes/{id}/scans'

async function reserve(ledger: Ledger, endpoint: string, purpose: string, atMs: number, qrCodeId?: string) {
  const request = { connector, endpoint, purpose, timeoutMs: 30_000, now: () => atMs }
  const reservation = await reserveCall(ledger, { ...request, ...(qrCodeId !== undefined && { qrCodeId }) })
  if (!reservation.granted) throw new Error('no call granted')
  return reservation.call
}

async function callScans(
  ledger: Ledger,
  qrCodeId: string,
  settlement: Omit<Settlement, 'nowMs'> | null,
  atMs = nowMs,
): Promise<void> {
  const call = await reserve(ledger, scansEndpoint, 'scans', atMs, qrCodeId)
  if (settlement !== null) {
    await ledger.transaction().execute((each) => settleCall(each, call, { ...settlement, nowMs: atMs + 100 }))
  }
}

const ok = (rows: number) => ({ outcome: 'ok', httpStatus: 200, rows }) as const

/** Lists codes like the API. */
async function list(ledger: Ledger, codes: { id: string; scans: number }[]): Promise<void> {
  const rows = codes.map(({ id, scans }): QrCode => ({
    id,
    name: `Name of ${id}`,
    type: null,
    destination_url: null,
    short_url: null,
    status: 'active',
    render_customizations: null,
    scan_count: scans,
    last_scanned_at: null,
    created_at: null,
    updated_at: null,
    deleted_at: null,
    extra: null,
  }))
  const call = await reserve(ledger, 'GET /qr-codes', 'catalogue', nowMs - hourMs)
  const profile = { scanCount: true }
  const progress = { kind: 'full', nextPage: null, highMs: null, startedMs: nowMs - hourMs, profile } as const
  await landQrCodes(ledger, call, rows, progress, nowMs - hourMs)
}

async function change(ledger: Ledger, id: string, values: Partial<QrCodeTable>): Promise<void> {
  const settled = { due_since_ms: null, pending: 0 }
  await ledger
    .updateTable('qr_codes')
    .set({ ...settled, ...(values as object) })
    .where('id', '=', id)
    .execute()
}

let seq = 0
async function insertScans(ledger: Ledger, qrCodeId: string, lagsMs: number[], scannedAtMs = nowMs - dayMs) {
  const rows = lagsMs.map((lagMs) => ({
    connector,
    seq: ++seq,
    qr_code_id: qrCodeId,
    scanned_at_ms: scannedAtMs,
    id: `scan-${seq}`,
    row: '{}',
    landed_at_ms: scannedAtMs + lagMs,
  }))
  await ledger.insertInto('scans').values(rows).execute()
}

describe.each(ledgerKinds)('on %s', (kind) => {
  it('usage counts the same calls as the API, by endpoint and purpose, day and code', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 1_000, perMonth: 5_000 })
    // In the order in which they were made: a clock that goes back changes stored times.
    await callScans(ledger, 'a', ok(100), march.startMs - dayMs)
    await callScans(ledger, 'a', ok(100), march.startMs)
    await list(ledger, [
      { id: 'a', scans: 0 },
      { id: 'b', scans: 0 },
    ])
    await callScans(ledger, 'a', ok(50))
    await callScans(ledger, 'b', null)
    await callScans(ledger, 'b', { outcome: 'failed', httpStatus: 500 })
    await callScans(ledger, 'b', { outcome: 'refused', httpStatus: 429 })
    await callScans(ledger, 'b', { outcome: 'not_sent', httpStatus: null })
    await callScans(ledger, 'b', ok(7))

    const usage = await readUsage(ledger, connector, march)
    expect(usage).toEqual({
      purposes: [
        { endpoint: scansEndpoint, purpose: 'scans', calls: 5, rows: 157, refused: 1, failed: 1 },
        { endpoint: 'GET /qr-codes', purpose: 'catalogue', calls: 1, rows: 2, refused: 0, failed: 0 },
      ],
      total: { calls: 6, rows: 159, refused: 1, failed: 1 },
      callsByDay: new Map([
        [0, 1],
        [9, 5],
      ]),
      month: { calls: 6, others: 0 },
    })
    expect(await readTopCodes(ledger, connector, march, 10)).toEqual([
      { id: 'b', name: 'Name of b', calls: 3, rows: 7 },
      { id: 'a', name: 'Name of a', calls: 2, rows: 150 },
    ])
    expect(await readTopCodes(ledger, connector, march, 1)).toHaveLength(1)
    await ledger.destroy()
  })

  it('completeness explains every scan that has not landed, or says that it cannot', async () => {
    const ledger = await temporaryLedger(kind)
    const ids = ['complete', 'newer', 'pending', 'late', 'withheld', 'deleted', 'lost', 'unsearched']
    await list(
      ledger,
      ids.map((id) => ({ id, scans: id === 'newer' ? 3 : 5 })),
    )
    for (const id of ids) {
      await insertScans(ledger, id, id === 'complete' ? [1, 2, 3, 4, 5] : [1, 2, 3, 4])
      await change(ledger, id, { landed_scans: 4 })
    }
    const since = { gap: 1, gap_since_ms: nowMs }
    await change(ledger, 'pending', { pending: 1 } as object)
    await change(ledger, 'late', { ...since, gap_until_day: '2026-03-10' } as object)
    await change(ledger, 'withheld', { gap_accepted: 1 } as object)
    await change(ledger, 'deleted', { deleted: 1 })
    await change(ledger, 'unsearched', since as object)

    const codes = await readCompleteness(ledger, await readConnector(ledger, connector), nowMs)
    const told = codes.map(({ name, listed, landed, isDeleted, ...rest }) => {
      expect(name).toBe(`Name of ${rest.id}`)
      expect(listed).toBe(rest.id === 'newer' ? 3 : 5)
      expect(landed).toBe(rest.id === 'complete' ? 5 : 4)
      expect(isDeleted).toBe(rest.id === 'deleted')
      return rest
    })
    const whole = { searchedMs: null, fallen: 0, fellMs: null, setAside: 0 }
    const nothing = {
      ...whole,
      pending: 0,
      gap: 0,
      search: null,
      notHandedOut: 0,
      goneWithCode: 0,
      unexplained: 0,
    }
    expect(told).toEqual([
      { ...nothing, id: 'complete' },
      { ...nothing, id: 'deleted', goneWithCode: 1 },
      { ...nothing, id: 'late', gap: 1, search: { scans: 1, sinceMs: nowMs, calls: 2 } },
      { ...nothing, id: 'lost', unexplained: 1 },
      { ...nothing, id: 'newer' },
      { ...nothing, id: 'pending', pending: 1 },
      { ...nothing, id: 'unsearched', unexplained: 1 },
      { ...nothing, id: 'withheld', notHandedOut: 1 },
    ])
    await ledger.destroy()
  })

  it('analytics are still to come of codes that have scans and were never asked for them', async () => {
    const ledger = await temporaryLedger(kind)
    await list(
      ledger,
      ['to-come', 'fetched', 'unscanned', 'deleted'].map((id) => ({ id, scans: 5 })),
    )
    await change(ledger, 'to-come', { landed_scans: 5 })
    await change(ledger, 'fetched', { landed_scans: 5, analytics_scans: 5 })
    await change(ledger, 'deleted', { landed_scans: 5, deleted: 1 })
    expect(await countCodesWithoutAnalytics(ledger, connector)).toBe(1)
    await ledger.destroy()
  })

  it('lags include only scans that were made after the connector started, if it is known when they landed', async () => {
    const ledger = await temporaryLedger(kind)
    const scope = { landedSinceMs: march.startMs, scannedSinceMs: nowMs - 2 * dayMs }
    expect(await readLandedLags(ledger, connector, scope)).toEqual({
      scans: 0,
      mean_lag_h: null,
      p50_lag_h: null,
      p95_lag_h: null,
    })
    await insertScans(
      ledger,
      'a',
      Array.from({ length: 100 }, (_, index) => (100 - index) * hourMs),
    )
    await insertScans(ledger, 'a', [5 * dayMs], nowMs - 3 * dayMs)
    await insertScans(ledger, 'a', [dayMs - nowMs])
    expect(await readLandedLags(ledger, connector, scope)).toEqual({
      scans: 100,
      mean_lag_h: 50.5,
      p50_lag_h: 50,
      p95_lag_h: 95,
    })
    await ledger.destroy()
  })

  it('the first forecast of a month is kept', async () => {
    const ledger = await temporaryLedger(kind)
    const made = (madeAtMs: number) => ({ madeAtMs, forecast: { scans: madeAtMs } as Forecast })
    await keepForecast(ledger, connector, '2026-03', made(1))
    await keepForecast(ledger, connector, '2026-03', made(2))
    await keepForecast(ledger, connector, '2026-04', made(3))
    expect(await readForecast(ledger, connector, '2026-03')).toEqual(made(1))
    expect(await readForecast(ledger, connector, '2026-04')).toEqual(made(3))
    expect(await readForecast(ledger, connector, '2026-05')).toBeNull()
    await ledger.destroy()
  })
})
