import { describe, expect, it } from 'vitest'
import { readReport } from '../../../src/insight/report/read-report.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { reportPage } from '../../../src/report/page.ts'
import type { ReportData } from '../../../src/report/report-data.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { liveIn } from '../../support/ledger/lived-in-ledger.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { streamNames } from '../../../src/streams/streams.ts'

const connector = 'test'
const nowMs = Date.parse('2026-03-10T15:20:00Z')
const hourMs = 3_600_000
const dayMs = 24 * hourMs

async function report(ledger: Ledger): Promise<ReportData> {
  const destinations = [{ name: 'warehouse', type: 'duckdb', streams: streamNames }]
  return readReport({ ledger, state: await readConnector(ledger, connector), destinations }, nowMs)
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0)

/** Inserts scans of one code, by how long ago they were made and how long they took. */
async function insertScans(ledger: Ledger, code: string, scans: { agoMs: number; lagMs: number }[]) {
  const { scans_seq: seq } = await readConnector(ledger, connector)
  const rows = scans.map(({ agoMs, lagMs }, index) => ({
    connector,
    seq: seq + index + 1,
    id: `${code}-${seq + index}`,
    qr_code_id: code,
    row: '{}',
    scanned_at_ms: nowMs - agoMs,
    landed_at_ms: nowMs - agoMs + lagMs,
  }))
  await ledger.insertInto('scans').values(rows).execute()
  await ledger
    .updateTable('positions')
    .set({ scans_seq: seq + rows.length })
    .execute()
  const landed = { landed_scans: rows.length, listed_scan_count: rows.length, pending: 0, due_since_ms: null }
  await ledger.updateTable('qr_codes').set(landed).where('id', '=', code).execute()
}

describe.each(ledgerKinds)('on %s', (kind) => {
  it('for an account of several months, every number matches the ledger', async () => {
    const ledger = await temporaryLedger(kind)
    await liveIn(ledger, { nowMs, names: ['Menu', null, 'Poster', 'Sticker'], days: 40, scansPerDay: 30 })
    const data = await report(ledger)
    const scans = await ledger.selectFrom('scans').select(['scanned_at_ms', 'qr_code_id']).execute()
    const calls = await ledger.selectFrom('calls').select('sent_at_ms').execute()

    expect(data).toMatchObject({ connector, plan: 'pro', made_at: '2026-03-10T15:20:00.000Z' })
    expect(data.calls).toMatchObject({
      month_starts_at: '2026-03-01T00:00:00.000Z',
      month_ends_at: '2026-04-01T00:00:00.000Z',
      calls_per_month: 5_000,
      calls_this_month: calls.length + 40,
      calls_of_others: 40,
      forecast: { made_at: '2026-03-01T00:00:00.000Z', calls_in_30_days: 4_460 },
    })
    expect(data.calls.days).toHaveLength(10)
    expect(sumOf(data.calls.days.map((day) => day.calls))).toBe(calls.length)
    expect(data.calls.purposes.find(({ purpose }) => purpose === 'others')).toEqual({
      purpose: 'others',
      calls: 40,
      forecast: 19,
    })

    const today = scans.filter(({ scanned_at_ms: at }) => at >= Date.parse('2026-03-10'))
    expect(data.scans.days).toHaveLength(40)
    expect(data.scans.days.at(-1)).toEqual({ day: '2026-03-10', scans: today.length })
    expect(sumOf(data.scans.days.map((day) => day.scans))).toBe(scans.length)

    const recent = scans.filter(({ scanned_at_ms: at }) => at >= Date.parse('2026-02-09'))
    expect(data.codes).toMatchObject({
      since: '2026-02-09T00:00:00.000Z',
      total: { codes: 4, recent_scans: recent.length, landed_scans: scans.length },
      left_out: { codes: 0, recent_scans: 0, landed_scans: 0 },
    })
    expect(data.codes.codes[0]).toMatchObject({
      id: 'code-0',
      name: 'Menu',
      deleted: false,
      recent_scans: recent.filter(({ qr_code_id: code }) => code === 'code-0').length,
    })
    expect(sumOf(data.lags.buckets.map((bucket) => bucket.scans))).toBe(data.lags.scans)
    expect(data.lags.forecast).toEqual({ mean_lag_h: 0.9, p50_lag_h: 0.2, p95_lag_h: 4 })
    expect(data.completeness).toEqual({
      codes: 4,
      complete_codes: 4,
      landed_scans: scans.length,
      differences: [],
      missing: { pending: 0, late: 0, not_handed_out: 0, gone_with_code: 0, unexplained: 0 },
    })
    await ledger.destroy()
  })

  it('a forecast made in the middle of the month begins with the calls that were left then', async () => {
    const ledger = await temporaryLedger(kind)
    await liveIn(ledger, { nowMs, names: ['Menu'], days: 40, scansPerDay: 30 })
    await ledger.updateTable('forecasts').set({ made_at_ms: nowMs }).execute()
    const { calls } = await report(ledger)
    expect(calls.forecast).toMatchObject({
      made_at: '2026-03-10T15:20:00.000Z',
      calls_left: calls.calls_per_month - calls.calls_this_month,
      history_calls: 0,
    })
    for (const { purpose, calls: made, forecast } of calls.purposes) expect(forecast, purpose).toBe(made)
    const dayBeforeMs = nowMs - dayMs
    await ledger.updateTable('forecasts').set({ made_at_ms: dayBeforeMs }).execute()
    const { calls: later } = await report(ledger)
    const before = await ledger
      .selectFrom('calls')
      .select((eb) => eb.fn.countAll<number>().as('calls'))
      .where('purpose', '=', 'scans')
      .where('sent_at_ms', '<', dayBeforeMs)
      .executeTakeFirstOrThrow()
    expect(later.purposes.find(({ purpose }) => purpose === 'scans')?.forecast).toBe(
      before.calls + 3_300 / 30,
    )
    expect(later.forecast?.first_analytics_calls, 'the connector is not new').toBe(0)
    const sinceMs = Date.parse(later.month_starts_at)
    await ledger.updateTable('connectors').set({ connected_at_ms: sinceMs }).execute()
    await ledger.updateTable('qr_codes').set({ first_listed_at_ms: sinceMs }).execute()
    const ofCode = ledger
      .updateTable('calls')
      .set({ qr_code_id: 'code-0' })
      .where('purpose', '=', 'analytics')
    await ofCode.where('sent_at_ms', '>=', dayBeforeMs).execute()
    expect((await report(ledger)).calls.forecast?.first_analytics_calls).toBe(1)
    await ofCode.execute()
    expect((await report(ledger)).calls.forecast?.first_analytics_calls, 'it had some before').toBe(0)
    await ledger.destroy()
  })

  it('scans are counted by the time that they took; a limit belongs to the bucket below it', async () => {
    const ledger = await temporaryLedger(kind)
    await ledger
      .updateTable('connectors')
      .set({ connected_at_ms: nowMs - 35 * dayMs })
      .execute()
    await landCodes(ledger, [codeOf(0)], nowMs)
    await insertScans(ledger, 'code-0', [
      ...[-1_000, 60_000, 60_001, hourMs, 169 * hourMs].map((lagMs) => ({ agoMs: 8 * dayMs, lagMs })),
      // Landed too long ago, scanned before the connector was set up.
      { agoMs: 32 * dayMs, lagMs: 0 },
      { agoMs: 36 * dayMs, lagMs: 36 * dayMs },
    ])
    const { lags } = await report(ledger)
    expect(lags.scans).toBe(5)
    expect(lags.buckets.filter(({ scans }) => scans > 0)).toEqual([
      { up_to_h: 1 / 60, scans: 2 },
      { up_to_h: 5 / 60, scans: 1 },
      { up_to_h: 1, scans: 1 },
      { up_to_h: null, scans: 1 },
    ])
    await ledger.destroy()
  })

  it('destinations are listed by stream, refused rows by reason', async () => {
    const ledger = await temporaryLedger(kind)
    await landCodes(ledger, [codeOf(0), codeOf(1)], nowMs)
    await insertScans(
      ledger,
      'code-0',
      Array.from({ length: 10 }, () => ({ agoMs: dayMs, lagMs: 0 })),
    )
    const place = { connector, destination: 'warehouse' }
    const delivered = { delivered_rows: 7, updated_at_ms: nowMs - hourMs, drained_at_ms: null }
    await ledger
      .insertInto('deliveries')
      .values({ ...place, stream: 'scans', watermark_seq: 7, ...delivered })
      .execute()
    const refused = (id: number, stream: string, reason: string) => ({
      ...place,
      stream,
      row_id: `row-${id}`,
      seq: id,
      reason,
      attempts: 2,
      rejected_at_ms: nowMs - id * hourMs,
      fingerprint: null,
    })
    await ledger
      .insertInto('rejects')
      .values([
        ...Array.from({ length: 150 }, (_, id) => refused(id, 'scans', 'no such code')),
        ...Array.from({ length: 30 }, (_, id) => refused(id, 'qr_codes', `odd ${id}`)),
      ])
      .execute()

    const { destinations, rejects } = await report(ledger)
    expect(destinations).toEqual([
      {
        name: 'warehouse',
        type: 'duckdb',
        streams: [
          {
            stream: 'qr_codes',
            watermark: 0,
            last_position: 2,
            rows_behind: 2,
            delivered_rows: 0,
            delivered_at: null,
            refused_rows: 30,
          },
          {
            stream: 'scans',
            watermark: 7,
            last_position: 10,
            rows_behind: 3,
            delivered_rows: 7,
            delivered_at: '2026-03-10T14:20:00.000Z',
            refused_rows: 150,
          },
        ],
      },
    ])
    expect(rejects.rows).toBe(180)
    expect(rejects.reasons).toHaveLength(20)
    expect(rejects.reasons.slice(0, 2)).toEqual([
      {
        destination: 'warehouse',
        stream: 'scans',
        reason: 'no such code',
        rows: 150,
        last_refused_at: '2026-03-10T15:20:00.000Z',
      },
      {
        destination: 'warehouse',
        stream: 'qr_codes',
        reason: 'odd 0',
        rows: 1,
        last_refused_at: '2026-03-10T15:20:00.000Z',
      },
    ])
    expect(rejects.latest).toHaveLength(100)
    expect(rejects.latest[0]).toMatchObject({
      id: 'row-0',
      attempts: 2,
      rejected_at: '2026-03-10T15:20:00.000Z',
    })
    await ledger.destroy()
  })

  it('missing scans are grouped by what happens to them, unexplained ones first', async () => {
    const ledger = await temporaryLedger(kind)
    await liveIn(ledger, { nowMs, names: ['a', 'b', 'c', 'd', 'e'], days: 3, scansPerDay: 50 })
    const change = (id: string, more: number, values: object) =>
      ledger
        .updateTable('qr_codes')
        .set((eb) => ({ listed_scan_count: eb('listed_scan_count', '+', more), ...values }))
        .where('id', '=', id)
        .execute()
    await change('code-0', 9, { pending: 9, due_since_ms: nowMs })
    await change('code-1', 4, { gap_accepted: 4 })
    await change('code-2', 3, { deleted: 1 })
    await change('code-3', 2, {})
    const { completeness, scans } = await report(ledger)
    expect(completeness).toMatchObject({
      codes: 5,
      complete_codes: 1,
      missing: { pending: 9, late: 0, not_handed_out: 4, gone_with_code: 3, unexplained: 2 },
    })
    expect(completeness.differences.map(({ id }) => id)).toEqual(['code-3', 'code-0', 'code-1', 'code-2'])
    expect(scans.waiting).toBe(9)
    await ledger.destroy()
  })
})

it('an account that was just connected has a month of empty days, and no forecast', async () => {
  const ledger = await temporaryLedger()
  const data = await report(ledger)
  expect(data.scans.days).toHaveLength(30)
  expect(data.calls).toMatchObject({ calls_this_month: 0, forecast: null, purposes: [] })
  expect(data).toMatchObject({
    plan: null,
    codes: { codes: [], total: { codes: 0 } },
    destinations: [{ streams: [] }],
  })
  expect(reportPage(data)).not.toMatch(/NaN|Infinity|undefined/)
  await ledger.destroy()
})

it('with 10,000 codes the page shows a thousand, and says how many it leaves out', async () => {
  const ledger = await temporaryLedger()
  const names = Array.from({ length: 10_000 }, (_, index) => `Code with a name of usual length ${index}`)
  await liveIn(ledger, { nowMs, names, days: 30, scansPerDay: 500 })
  const data = await report(ledger)
  const { codes, total, left_out: leftOut } = data.codes
  expect(codes).toHaveLength(1_000)
  expect(total.codes).toBe(10_000)
  expect(leftOut.codes).toBe(9_000)
  expect(leftOut.recent_scans).toBeGreaterThan(0)
  expect(sumOf(codes.map((code) => code.recent_scans)) + leftOut.recent_scans).toBe(total.recent_scans)
  expect(reportPage(data).length).toBeLessThan(600_000)
  await ledger.destroy()
})
