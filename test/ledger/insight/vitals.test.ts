import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { noteSync, noteSyncFailure } from '../../../src/ledger/connector/note-sync.ts'
import { readCode } from '../../../src/ledger/codes/due-codes.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { landScans } from '../../../src/ledger/scans/land-scans.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { createGauges } from '../../../src/observability/gauges.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { readVitals, type Watched } from '../../../src/observability/vitals.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import {
  connector,
  destination,
  hourMs,
  minuteMs,
  startMs,
  takeAll,
  watchedIn,
} from '../../support/ledger/vitals-world.ts'

describe.each(ledgerKinds)('vitals of a connector (%s)', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
  })
  afterEach(() => ledger.destroy())

  const backlogAt = async (nowMs: number, given: Partial<Watched> = {}) =>
    (await readVitals(ledger, [watchedIn(ledger, given)], nowMs)).backlogs[0]

  const scanAt = (id: string, landedMs: number) =>
    landNewScans(ledger, [scanOf({ id, scanned_at: new Date(landedMs - hourMs).toISOString() })], landedMs)

  it('a destination is behind by the rows past its watermark, and as late as the oldest of them', async () => {
    await landCodes(ledger, [codeOf(1)], startMs)
    await scanAt('a', startMs + minuteMs)
    expect(await backlogAt(startMs)).toMatchObject({
      rowsBehind: 2,
      oldestLandedMs: startMs,
      deliveredAtMs: null,
    })
    await takeAll(ledger, 'qr_codes', startMs + 2 * minuteMs)
    expect(await backlogAt(startMs)).toMatchObject({ rowsBehind: 1, oldestLandedMs: startMs + minuteMs })
    await takeAll(ledger, 'scans', startMs + 3 * minuteMs)
    const deliveredAtMs = startMs + 3 * minuteMs
    expect(await backlogAt(startMs)).toMatchObject({ rowsBehind: 0, oldestLandedMs: null, deliveredAtMs })
    // A repeated scan gets a position but no row, so nothing is behind.
    await scanAt('a', startMs + minuteMs)
    await scanAt('b', startMs + hourMs)
    expect(await backlogAt(startMs)).toMatchObject({ rowsBehind: 1, oldestLandedMs: startMs + hourMs })
  })

  it('a code that changes is young again; an unchanged one is not', async () => {
    await landCodes(ledger, [codeOf(1), codeOf(2)], startMs)
    await landCodes(ledger, [{ ...codeOf(1), name: 'Other' }], startMs + hourMs)
    expect(await backlogAt(startMs)).toMatchObject({ rowsBehind: 2, oldestLandedMs: startMs })
    await takeAll(ledger, 'qr_codes', startMs + hourMs)
    await landCodes(ledger, [{ ...codeOf(2), name: 'Another' }], startMs + 2 * hourMs)
    expect(await backlogAt(startMs)).toMatchObject({ rowsBehind: 1, oldestLandedMs: startMs + 2 * hourMs })
  })

  it('summaries are as late as the first row that landed since their last pass, however long no row came before it', async () => {
    const destinations = new Map([[destination, { streams: ['code_summaries'] as const, gatherMs: 0 }]])
    await landCodes(ledger, [codeOf(1)], startMs)
    await scanAt('a', startMs + minuteMs)
    expect(await backlogAt(startMs, { destinations })).toMatchObject({ oldestLandedMs: startMs })
    await takeAll(ledger, 'code_summaries', startMs + 2 * minuteMs)
    expect(await backlogAt(startMs, { destinations })).toMatchObject({ rowsBehind: 0, oldestLandedMs: null })
    const weekLaterMs = startMs + 7 * 24 * hourMs
    await scanAt('b', weekLaterMs)
    await scanAt('c', weekLaterMs + hourMs)
    // Both are of one code, whose record has to be compared once.
    expect(await backlogAt(startMs, { destinations })).toMatchObject({
      rowsBehind: 1,
      oldestLandedMs: weekLaterMs,
    })
  })

  it('the month: spent, left, and planned: history at once, the rest evenly', async () => {
    const call = async (purpose: string, nowMs: number) => {
      const request = { connector, endpoint: 'GET /qr-codes', purpose, timeoutMs: 0, now: () => nowMs }
      const reservation = await reserveCall(ledger, request)
      if (!reservation.granted) throw new Error('no call is left')
      const settlement = { outcome: 'ok', httpStatus: 200, nowMs } as const
      await ledger
        .transaction()
        .execute((transaction) => settleCall(transaction, reservation.call, settlement))
    }
    for (let index = 0; index < 10; index++) await call('history', startMs - index * minuteMs)
    await call('list', startMs)
    const middleMs = Date.parse('2026-11-16T00:00:00Z')
    const [month] = (await readVitals(ledger, [watchedIn(ledger)], middleMs)).months
    expect(month).toMatchObject({
      spent: 11,
      others: 0,
      callsPerMonth: 1_000,
      syncedAtMs: null,
      syncDueMs: null,
    })
    expect(month?.planned).toBe(10 + 990 / 2)
  })

  it('when a sync last ran, and when the next is due', async () => {
    await noteSync(ledger, connector, { nowMs: startMs, dueMs: startMs + hourMs })
    await noteSync(ledger, connector, { nowMs: startMs + minuteMs, dueMs: undefined })
    const read = async () => (await readVitals(ledger, [watchedIn(ledger)], startMs)).months[0]
    expect(await read()).toMatchObject({ syncedAtMs: startMs + minuteMs, syncDueMs: startMs + hourMs })
    await noteSync(ledger, connector, { nowMs: startMs + minuteMs, dueMs: null })
    expect(await read()).toMatchObject({ syncDueMs: null })
  })

  it('that a sync cannot run, until one does; how far the clock is off', async () => {
    const read = async () => (await readVitals(ledger, [watchedIn(ledger)], startMs)).months[0]
    await noteSyncFailure(ledger, connector, 'API_KEY_REJECTED')
    expect(await read()).toMatchObject({ syncFailure: 'API_KEY_REJECTED', clockSkewMs: null })
    await noteSync(ledger, connector, { nowMs: startMs, dueMs: null, clockSkewMs: -3_600_000 })
    expect(await read()).toMatchObject({ syncFailure: null, clockSkewMs: -3_600_000 })
  })

  it('a freshness target is missed by scans that landed too late, for an hour, and by scans that wait too long', async () => {
    const settingsOf = () => ({ priority: 1, targetMs: 15 * minuteMs })
    const beyondAt = async (nowMs: number) =>
      (await readVitals(ledger, [watchedIn(ledger, { settingsOf })], nowMs)).waiting[0]?.codesBeyondTarget
    const listed = (last_scanned_at: string, scan_count: number) => ({
      ...codeOf(1),
      scan_count,
      last_scanned_at,
    })
    const scannedAt = new Date(startMs + hourMs).toISOString()
    await landCodes(ledger, [{ ...codeOf(1), scan_count: 0, last_scanned_at: null }], startMs)
    expect(await beyondAt(startMs)).toBe(0)

    await landCodes(ledger, [listed(scannedAt, 1)], startMs + hourMs + minuteMs)
    expect(await beyondAt(startMs + hourMs + 14 * minuteMs)).toBe(0)
    expect(await beyondAt(startMs + hourMs + 16 * minuteMs)).toBe(1)

    const land = async (id: string, nowMs: number) => {
      const request = { connector, endpoint: 'GET /qr-codes/{id}/scans', purpose: 'scans', timeoutMs: 0 }
      const reservation = await reserveCall(ledger, { ...request, now: () => nowMs })
      const code = await readCode(ledger, await readConnector(ledger, connector), 'code-1')
      if (!reservation.granted || code === null) throw new Error('no call, or no code')
      const rows = [scanOf({ id, scanned_at: scannedAt })]
      const page = {
        rows,
        page: 1,
        nextPage: 2,
        isLast: true,
        isDescending: false,
        remaining: 0,
        profile: {},
      }
      return landScans(ledger, reservation.call, code, page, nowMs, settingsOf)
    }
    const landedMs = startMs + 2 * hourMs
    expect(await land('late', landedMs)).toMatchObject({ landed: 1, lagsMs: [hourMs] })
    expect(await beyondAt(landedMs + 59 * minuteMs)).toBe(1)
    expect(await beyondAt(landedMs + 61 * minuteMs)).toBe(0)
    // It is known already, so it is neither new nor late.
    expect(await land('late', landedMs + 5 * hourMs)).toMatchObject({ landed: 0, lagsMs: [] })
    expect(await beyondAt(landedMs + 5 * hourMs)).toBe(0)
  })
})

describe('gauges', () => {
  const valueOf = (text: string, series: string) => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length))
  }

  it('show what the ledger contains, and only its outage while it does not answer', async () => {
    const ledger = await temporaryLedger()
    await landCodes(ledger, [codeOf(1)], startMs)
    await takeAll(ledger, 'qr_codes', startMs + minuteMs, ['code-1'])
    await landNewScans(ledger, [scanOf()], startMs + minuteMs)
    const metrics = createMetrics()
    let nowMs = startMs + 3 * minuteMs
    const gauges = createGauges(
      metrics,
      () => [watchedIn(ledger)],
      () => nowMs,
    )
    await gauges.refresh()
    const text = await metrics.registry.metrics()
    const of = `{connector="${connector}",destination="${destination}"}`
    expect(valueOf(text, 'qrsync_ledger_up')).toBe(1)
    expect(valueOf(text, `qrsync_destination_rows_behind${of}`)).toBe(1)
    expect(valueOf(text, `qrsync_destination_lag_seconds${of}`)).toBe(120)
    expect(valueOf(text, `qrsync_month_calls_spent{connector="${connector}"}`)).toBe(1)
    expect(valueOf(text, `qrsync_month_calls_left{connector="${connector}"}`)).toBe(4_999)
    expect(valueOf(text, `qrsync_scans_waiting{connector="${connector}"}`)).toBe(7)
    const rejectedOf = (stream: string) =>
      `qrsync_rejected_rows{connector="${connector}",destination="${destination}",stream="${stream}"}`
    expect(valueOf(text, rejectedOf('qr_codes'))).toBe(1)
    expect(valueOf(text, rejectedOf('scans'))).toBe(0)
    const newRejectOf = (stream: string) =>
      rejectedOf(stream).replace('rejected_rows', 'last_new_reject_timestamp_seconds')
    expect(valueOf(text, newRejectOf('qr_codes'))).toBe((startMs + minuteMs) / 1000)
    expect(valueOf(text, newRejectOf('scans'))).toBe(0)

    await ledger.destroy()
    nowMs += hourMs
    await gauges.refresh()
    const without = await metrics.registry.metrics()
    expect(valueOf(without, 'qrsync_ledger_up')).toBe(0)
    expect(without).not.toContain('qrsync_month_calls_spent{')
  })
})
