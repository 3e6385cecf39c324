import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeExplanation } from '../../../src/cli/views/explain-report.ts'
import { explain, type Question } from '../../../src/insight/explain/explain.ts'
import type { DeliveredRow, Explanation } from '../../../src/insight/explain/explanation.ts'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { noteDeliveryFailure } from '../../../src/ledger/deliveries/delivery-failures.ts'
import { requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { keepLinkKeys } from '../../../src/ledger/summaries/link-keys.ts'
import { keepSetAside } from '../../../src/ledger/scans/set-aside.ts'
import { recordFailure } from '../../../src/ledger/failures/failures.ts'
import type { DeliveredStream } from '../../../src/streams/streams.ts'
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
} from '../../support/ledger/vitals-world.ts'
import { operator } from '../../support/ledger/operator.ts'

const nowMs = startMs + 10 * minuteMs
const at = (ms: number) => new Date(ms).toISOString()

describe.each(ledgerKinds)('on %s', (kind) => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await landCodes(ledger, [codeOf(1), codeOf(2)], startMs)
    await landNewScans(ledger, [scanOf({ id: 'a' }), scanOf({ id: 'b' })], startMs + minuteMs)
  })
  afterEach(() => ledger.destroy())

  const ask = async (
    id: string,
    given: { streams?: DeliveredStream[]; gatherMs?: number } & Partial<Question> = {},
  ): Promise<Explanation> => {
    const { streams = ['scans'], gatherMs = 0, ...question } = given
    const destinations = [{ name: destination, type: 'duckdb', streams, gatherMs }]
    const settingsOf = () => ({ priority: 1, targetMs: null })
    const state = await readConnector(ledger, connector)
    return explain(ledger, state, { id, destinations, settingsOf, ...question }, nowMs)
  }
  const rowOf = ({ destinations }: Explanation): DeliveredRow | undefined => destinations[0]?.rows[0]
  const textOf = (explanation: Explanation) => describeExplanation(explanation, nowMs)
  const change = (id: string, values: object) =>
    ledger.updateTable('qr_codes').set(values).where('id', '=', id).execute()

  it('a waiting scan: it landed, and so many rows come first', async () => {
    const explanation = await ask('b')
    expect(explanation).toMatchObject({
      kind: 'scan',
      state: 'on_its_way',
      scan: { qr_code_id: 'code-1', landed_at: at(startMs + minuteMs), position: 2, call: null },
      code: { id: 'code-1', name: 'Menu' },
      unknown: null,
    })
    expect(rowOf(explanation)).toMatchObject({ state: 'waiting', why: 'behind', rows_before: 1 })
    expect(textOf(explanation)).toContain('waits for the next delivery, behind 1 row')
  })

  it('the call that fetched it', async () => {
    const request = { connector, endpoint: 'GET /qr-codes/{id}/scans', purpose: 'scans', qrCodeId: 'code-1' }
    const reservation = await reserveCall(ledger, { ...request, timeoutMs: 0, now: () => startMs })
    if (!reservation.granted) throw new Error('no call is left')
    const settlement = { outcome: 'ok', httpStatus: 200, rows: 2, nowMs: startMs + minuteMs } as const
    await ledger.transaction().execute((transaction) => settleCall(transaction, reservation.call, settlement))
    const { scan } = await ask('a')
    expect(scan?.call).toEqual({ endpoint: request.endpoint, purpose: 'scans', sent_at: at(startMs) })
  })

  it('a confirmed scan', async () => {
    await takeAll(ledger, 'scans', nowMs)
    const explanation = await ask('a')
    expect(explanation.state).toBe('complete')
    expect(rowOf(explanation)).toMatchObject({ state: 'confirmed', why: null })
    expect(textOf(explanation)).toMatch(/It is in every destination\.$/)
  })

  it('a scan that waits to be sent together with others', async () => {
    await takeAll(ledger, 'scans', nowMs - minuteMs)
    await landNewScans(ledger, [scanOf({ id: 'c' })], nowMs)
    const explanation = await ask('c', { gatherMs: 5 * minuteMs })
    expect(rowOf(explanation)).toMatchObject({ why: 'gathering', next_try_at: at(nowMs + 4 * minuteMs) })
    expect(explanation.state).toBe('on_its_way')
  })

  it('a stream that fails: why, since when, and when it is tried again', async () => {
    const failed = {
      code: 'DESTINATION_FORBIDDEN',
      message: 'no scope',
      retry: 'never',
      hasProgressed: false,
    } as const
    await noteDeliveryFailure(ledger, { connector, destination, stream: 'scans' }, failed, nowMs)
    const explanation = await ask('a')
    expect(explanation.state).toBe('stuck')
    expect(rowOf(explanation)).toMatchObject({
      state: 'waiting',
      why: 'failing',
      reason: 'DESTINATION_FORBIDDEN: no scope',
      attempts: 1,
      since: at(nowMs),
    })
    expect(Date.parse(rowOf(explanation)?.next_try_at ?? '')).toBeGreaterThan(nowMs)
  })

  it('a refused scan: why, and that somebody has to replay it; after the replay, the next delivery sends it', async () => {
    await takeAll(ledger, 'scans', nowMs, ['b'])
    const refused = await ask('b')
    expect(refused.state).toBe('stuck')
    expect(rowOf(refused)).toMatchObject({ state: 'refused', reason: 'no such contact', is_replayed: false })
    expect(rowOf(refused)?.next_try_at, 'the daily retry').toBe(at(nowMs + 24 * hourMs))
    expect(textOf(refused)).toContain('no such contact → fix the cause, then "qrsync rejects replay"')
    expect((await ask('a')).state).toBe('complete')

    await requestReplay(ledger, { connector }, operator)
    const replayed = await ask('b')
    expect(replayed.state).toBe('on_its_way')
    expect(rowOf(replayed)).toMatchObject({ state: 'refused', is_replayed: true, next_try_at: null })

    await ledger
      .updateTable('rejects')
      .set({ replay: 0, again_at_ms: nowMs + hourMs })
      .execute()
    expect(rowOf(await ask('b'))).toMatchObject({ is_replayed: true, next_try_at: at(nowMs + hourMs) })
  })

  it('a scan that is part of the record of its code: the next pass confirms it', async () => {
    const streams: DeliveredStream[] = ['code_summaries']
    expect(rowOf(await ask('a', { streams }))).toMatchObject({
      id: 'code-1',
      state: 'waiting',
      rows_before: null,
    })
    await takeAll(ledger, 'code_summaries', startMs + 2 * minuteMs)
    expect(rowOf(await ask('a', { streams }))).toMatchObject({ stream: 'code_summaries', state: 'confirmed' })
    await landNewScans(ledger, [scanOf({ id: 'c', qr_code_id: 'code-2' })], startMs + 3 * minuteMs)
    expect(rowOf(await ask('c', { streams }))).toMatchObject({ id: 'code-2', state: 'waiting' })
    expect(rowOf(await ask('a', { streams }))).toMatchObject({ id: 'code-1', state: 'confirmed' })
    expect(textOf(await ask('c', { streams }))).toContain('in the record of its code: waits')
  })

  it('a scan that is part of a linked record: not looked up yet, without a record, refused, confirmed', async () => {
    const linkRules = [{ name: 'contacts', source: { field: 'name' } }]
    const destinations = [
      { name: destination, type: 'hubspot', streams: ['link_summaries'] as const, gatherMs: 0, linkRules },
    ]
    const rowNow = async () => rowOf(await ask('a', { destinations }))
    expect(await rowNow()).toMatchObject({ id: 'contacts/Menu', state: 'waiting' })
    const key = { rule: 'contacts', key: 'Menu' }
    const place = { connector, destination, stream: 'link_summaries' } as const
    await keepLinkKeys(ledger, { key: place, resets: 0 }, [{ ...key, recordId: null, refusal: null }], nowMs)
    expect(await rowNow()).toMatchObject({ state: 'no_record', since: at(nowMs) })
    await keepLinkKeys(
      ledger,
      { key: place, resets: 0 },
      [{ ...key, recordId: null, refusal: 'two records' }],
      nowMs,
    )
    expect(await rowNow()).toMatchObject({ state: 'refused', reason: 'two records' })
    await keepLinkKeys(ledger, { key: place, resets: 0 }, [{ ...key, recordId: '77', refusal: null }], nowMs)
    expect(await rowNow()).toMatchObject({ id: 'contacts#77', state: 'waiting' })
    await takeAll(ledger, 'link_summaries', nowMs)
    expect(await rowNow()).toMatchObject({ id: 'contacts#77', state: 'confirmed' })
  })

  it('a scan that is set aside: why, and that it has not landed', async () => {
    const row = { id: 'odd', json: '{}', reason: 'scanned_at is no time' }
    await ledger
      .transaction()
      .execute((tx) => keepSetAside(tx, { connector, stream: 'scans', qrCodeId: 'code-2' }, [row], nowMs))
    const explanation = await ask('odd')
    expect(explanation).toMatchObject({
      kind: 'scan',
      state: 'stuck',
      scan: null,
      code: { id: 'code-2' },
      set_aside: [{ stream: 'scans', qr_code_id: 'code-2', reason: row.reason, first_seen: at(nowMs) }],
      destinations: [],
    })
    expect(textOf(explanation)).toContain('scanned_at is no time')
  })

  it('a code: what is listed, landed and waits, and its row in each destination', async () => {
    await change('code-1', { listed_scan_count: 9, landed_scans: 2, pending: 7, due_since_ms: startMs })
    await ledger.updateTable('list_passes').set({ listed_at_ms: startMs }).execute()
    await ledger
      .updateTable('plans')
      .set({ next_look_at_ms: nowMs + hourMs })
      .execute()
    const explanation = await ask('code-1', {
      streams: ['qr_codes', 'scans'],
      settingsOf: () => ({ priority: 1, targetMs: hourMs }),
    })
    expect(explanation).toMatchObject({
      kind: 'code',
      state: 'on_its_way',
      scan: null,
      code: {
        scans: { listed: 9, landed: 2, pending: 7, unexplained: 0 },
        waiting_since: at(startMs),
        freshness_ms: hourMs,
        deleted: false,
      },
      listed_at: at(startMs),
      next_look_at: at(nowMs + hourMs),
    })
    expect(explanation.destinations[0]?.rows.map(({ stream }) => stream)).toEqual(['qr_codes'])
    expect(textOf(explanation)).toContain('2 landed, 9 counted by the API')
    expect(textOf(explanation)).toContain('7 with the next call')
  })

  it('a code whose calls fail, whose scans are missing, or that is deleted', async () => {
    await change('code-1', { listed_scan_count: 2, landed_scans: 2, pending: 0, due_since_ms: null })
    await change('code-2', { listed_scan_count: 0, landed_scans: 0, pending: 0, due_since_ms: null })
    await takeAll(ledger, 'qr_codes', nowMs)
    const streams: DeliveredStream[] = ['qr_codes']
    expect((await ask('code-1', { streams })).state).toBe('complete')

    await change('code-2', { listed_scan_count: 3 })
    expect(await ask('code-2', { streams })).toMatchObject({
      state: 'stuck',
      code: { scans: { unexplained: 3 } },
    })
    await change('code-2', { deleted: 1 })
    const deleted = await ask('code-2', { streams })
    expect(deleted).toMatchObject({ state: 'stuck', code: { deleted: true, scans: { gone_with_code: 3 } } })
    expect(textOf(deleted)).toContain('deleted: the API no longer lists it')

    const target = { endpoint: 'GET /qr-codes/{id}/scans', qrCodeId: 'code-1' }
    const failure = {
      target,
      code: 'API_UNAVAILABLE',
      message: 'HTTP 500',
      sentAtMs: nowMs,
      nowMs,
      syncId: null,
    }
    await ledger.transaction().execute((tx) => recordFailure(tx, connector, failure))
    const failing = await ask('code-1', { streams })
    expect(failing).toMatchObject({ state: 'stuck', failing: { failures: [{ qr_code_id: 'code-1' }] } })
    expect(textOf(failing)).toContain('API_UNAVAILABLE: HTTP 500')
    // Another code has no failure.
    expect((await ask('code-2', { streams })).failing.failures).toEqual([])
    // Landed scans need no call.
    await takeAll(ledger, 'scans', nowMs)
    expect((await ask('a')).state).toBe('complete')
  })

  it('an id that the ledger does not know: the possible reasons', async () => {
    await change('code-1', { pending: 7, gap_accepted: 2 })
    await change('code-2', { deleted: 1, listed_scan_count: 3, landed_scans: 0 })
    const explanation = await ask('nowhere')
    expect(explanation).toMatchObject({
      kind: 'unknown',
      state: 'unknown',
      code: null,
      scan: null,
      destinations: [],
      unknown: { waiting_scans: 7, waiting_codes: 1, not_found_scans: 2, deleted_codes: 1, failing_codes: 0 },
    })
    const text = textOf(explanation)
    expect(text).toMatch(/^The ledger knows no scan and no code with the id nowhere\./)
    expect(text).toContain('7 scans of 1 code wait for a call')
  })

  it('a spent month, or a pause that the API asked for', async () => {
    expect(await ask('code-1')).toMatchObject({ month_spent_until: null, calls_paused_until: null })
    await ledger.updateTable('months').set({ calls: 1_000 }).execute()
    await ledger
      .updateTable('gates')
      .set({ gate_until_ms: nowMs + minuteMs })
      .execute()
    expect(await ask('code-1')).toMatchObject({
      month_spent_until: '2026-12-01T00:00:00.000Z',
      calls_paused_until: at(nowMs + minuteMs),
    })
  })
})
