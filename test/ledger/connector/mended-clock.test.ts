import { describe, expect, it } from 'vitest'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { closeGate, gateOf } from '../../../src/ledger/calls/gate.ts'
import { checkTime } from '../../../src/ledger/connector/correct-times.ts'
import { correctMonth, readMonth } from '../../../src/ledger/calls/months.ts'
import { readDueErasures } from '../../../src/ledger/erasure/erasures.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { takeVendorCall } from '../../../src/ledger/calls/vendor-calls.ts'
import { delayMs } from '../../../src/model/delay.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const hourMs = 3_600_000
const rightMs = Date.parse('2026-11-30T22:30:00Z')
const wrongMs = rightMs + 2 * hourMs
const request = { connector: 'test', endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs: 30_000 }

async function callAt(ledger: Ledger, nowMs: number, refusedForMs?: number): Promise<void> {
  const reservation = await reserveCall(ledger, { ...request, now: () => nowMs })
  if (!reservation.granted) throw new Error(JSON.stringify(reservation.wait))
  await ledger.transaction().execute((transaction) =>
    settleCall(
      transaction,
      reservation.call,
      refusedForMs === undefined
        ? { outcome: 'ok', httpStatus: 200, nowMs: nowMs + 50 }
        : {
            outcome: 'refused',
            httpStatus: 429,
            nowMs: nowMs + 50,
            retryAfterMs: delayMs(refusedForMs),
            isTimeNamed: true,
            window: 'month',
          },
    ),
  )
}

describe.each(ledgerKinds)('a clock that was two hours ahead and is right again, on %s,', (kind) => {
  it('delays no call: neither by a pause that it started, nor by the month that it assumed', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 100 })
    await callAt(ledger, rightMs - 5_000)
    await callAt(ledger, wrongMs)
    // The answer of /me at that time was stored for December.
    await correctMonth(ledger, 'test', '2026-12', { counted: 100, unseen: 0 })
    await ledger.updateTable('accounts').set({ month_resets_at_ms: null }).execute()
    await ledger.transaction().execute(async (transaction) => {
      await closeGate(transaction, 'test', {
        reason: 'retry_after',
        untilMs: wrongMs + 40_000,
        text: 'too many calls',
        nowMs: wrongMs + 1_000,
      })
    })
    await checkTime(ledger, 'test', rightMs + 60_000)
    const state = await readConnector(ledger, 'test')
    expect(gateOf(state)?.untilMs).toBeLessThanOrEqual(rightMs + 2 * 60_000)
    expect(state).toMatchObject({ identified_at_ms: null, month_resets_at_ms: null })
    expect((await readMonth(ledger, 'test', '2026-12')).calls).toBe(1)
    expect((await readMonth(ledger, 'test', '2026-11')).calls).toBe(2)
    await callAt(ledger, rightMs + 3 * 60_000)
    await ledger.destroy()
  })

  it('does not change the month', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 100 })
    await callAt(ledger, wrongMs, 90 * 60_000)
    expect((await readConnector(ledger, 'test')).month_resets_at_ms).not.toBeNull()
    await checkTime(ledger, 'test', rightMs)
    const state = await readConnector(ledger, 'test')
    expect(state.month_resets_at_ms).toBeNull()
    // The pause itself lasts as long as the API said.
    expect(gateOf(state)?.untilMs).toBeLessThanOrEqual(rightMs + 91 * 60_000)
    await ledger.destroy()
  })

  it('keeps a pause that started while it was right', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 100 })
    await callAt(ledger, rightMs, 90 * 60_000)
    await checkTime(ledger, 'test', wrongMs)
    await checkTime(ledger, 'test', rightMs + 60_000)
    expect(gateOf(await readConnector(ledger, 'test'))?.untilMs).toBe(rightMs + 50 + 90 * 60_000)
    await ledger.destroy()
  })

  it('leaves no future time in any table', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 100 })
    await ledger
      .updateTable('list_passes')
      .set({
        listed_at_ms: wrongMs,
        full_listed_at_ms: wrongMs - 1_000,
        changes_listed_at_ms: wrongMs,
      })
      .execute()
    await ledger.updateTable('accounts').set({ identified_at_ms: wrongMs }).execute()
    await ledger
      .updateTable('plans')
      .set({ next_look_at_ms: wrongMs + hourMs })
      .execute()
    await ledger.updateTable('connectors').set({ seen_at_ms: wrongMs }).execute()
    await ledger
      .insertInto('deliveries')
      .values({
        connector: 'test',
        destination: 'd',
        stream: 'scans',
        watermark_seq: 0,
        delivered_rows: 0,
        updated_at_ms: wrongMs,
        drained_at_ms: wrongMs,
      })
      .execute()
    await ledger
      .insertInto('erasures')
      .values({
        connector: 'test',
        destination: 'd',
        qr_code_id: 'erased',
        erased_at_ms: null,
        due_at_ms: wrongMs + hourMs,
        problem: 'the file is missing',
        target: null,
      })
      .execute()
    await checkTime(ledger, 'test', rightMs)
    expect(await readDueErasures(ledger, { connector: 'test', destination: 'd' }, rightMs)).toEqual([
      'erased',
    ])
    const state = await readConnector(ledger, 'test')
    expect(state).toMatchObject({
      listed_at_ms: rightMs,
      full_listed_at_ms: rightMs - 1_000,
      changes_listed_at_ms: rightMs,
      next_look_at_ms: null,
      seen_at_ms: rightMs,
    })
    expect(
      await ledger.selectFrom('deliveries').select(['updated_at_ms', 'drained_at_ms']).execute(),
    ).toEqual([{ updated_at_ms: rightMs, drained_at_ms: rightMs }])
    await ledger.destroy()
  })

  it('counts the calls to a vendor of that time as made now', async () => {
    const ledger = await temporaryLedger(kind)
    const windows = [{ name: '10 seconds', windowMs: 10_000, calls: 1 }]
    expect(await takeVendorCall(ledger, 'a', windows, wrongMs)).toBe(0)
    expect(await takeVendorCall(ledger, 'a', windows, rightMs)).toBeLessThanOrEqual(11_000)
    await ledger.destroy()
  })
})
