import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reserveCall, settleCall, type ReservedCall } from '../../../src/ledger/calls/calls.ts'
import { delayMs } from '../../../src/model/delay.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const timeoutMs = 30_000
const monthOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 7)
const request = { connector: 'test', endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs }
const startMs = Date.parse('2026-03-31T23:58:00Z')

const settle = (ledger: Ledger, call: ReservedCall, nowMs: number, outcome: 'ok' | 'failed' = 'ok') =>
  ledger.transaction().execute((tx) => settleCall(tx, call, { outcome, httpStatus: 200, nowMs }))

/** The most of the sorted times in any 60 s. */
function mostInAnyMinute(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  return sorted.reduce((most, time, index) => {
    while (time - (sorted[first] ?? 0) >= 60_000) first++
    return Math.max(most, index - first + 1)
  }, 0)
}

/** One caller: the time until the next call, its way to the API and back, and whether the caller dies first. */
const callArbitrary = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 })),
  thereMs: fc.integer({ min: 0, max: timeoutMs / 2 }),
  backMs: fc.integer({ min: 0, max: timeoutMs / 2 }),
  dies: fc.boolean(),
})

describe.each(ledgerKinds)('the call windows, on %s,', (kind) => {
  it('never let the API see a call beyond either window, whatever the latency, and whichever worker dies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(callArbitrary, { minLength: 1, maxLength: 80, size: 'max' }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 5, max: 40 }),
        async (calls, perMinute, perMonth) => {
          const ledger = await temporaryLedger(kind, { perMinute, perMonth })
          const arrivals: number[] = []
          const answers: { atMs: number; call: ReservedCall }[] = []
          let nowMs = startMs
          for (const { pauseMs, thereMs, backMs, dies } of calls) {
            nowMs += pauseMs
            for (const due of answers.splice(0)) {
              if (due.atMs <= nowMs) await settle(ledger, due.call, due.atMs)
              else answers.push(due)
            }
            const reservation = await reserveCall(ledger, { ...request, now: () => nowMs })
            if (!reservation.granted) continue
            arrivals.push(nowMs + thereMs)
            if (!dies) answers.push({ atMs: nowMs + thereMs + backMs, call: reservation.call })
          }
          expect(mostInAnyMinute(arrivals)).toBeLessThanOrEqual(perMinute)
          for (const month of new Set(arrivals.map(monthOf))) {
            expect(arrivals.filter((atMs) => monthOf(atMs) === month).length).toBeLessThanOrEqual(perMonth)
          }
          await ledger.destroy()
        },
      ),
      { numRuns: kind === 'sqlite' ? 40 : 6 },
    )
  })

  it('use the whole minute when there are calls to make: the next one starts when the first leaves the window', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 3, perMonth: 100 })
    for (const offsetMs of [0, 10, 20]) {
      const reservation = await reserveCall(ledger, { ...request, now: () => startMs + offsetMs })
      if (reservation.granted) await settle(ledger, reservation.call, startMs + offsetMs + 5)
    }
    const full = await reserveCall(ledger, { ...request, now: () => startMs + 30 })
    expect(full).toEqual({ granted: false, wait: { reason: 'minute', untilMs: startMs + 60_006 } })
    expect(await reserveCall(ledger, { ...request, now: () => startMs + 60_005 })).toMatchObject({
      granted: false,
    })
    expect(await reserveCall(ledger, { ...request, now: () => startMs + 60_006 })).toMatchObject({
      granted: true,
    })
    await ledger.destroy()
  })

  it('wait at most two minutes and one call if the clock was set back by hours', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 3, perMonth: 100 })
    const reserveAt = (nowMs: number) => reserveCall(ledger, { ...request, now: () => nowMs })
    for (const offsetMs of [0, 10, 20]) await reserveAt(startMs + offsetMs)
    const setBackMs = startMs - 5 * 3_600_000
    const full = await reserveAt(setBackMs)
    expect(full).toEqual({
      granted: false,
      wait: { reason: 'minute', untilMs: setBackMs + timeoutMs + 120_001 },
    })
    expect(await reserveAt(setBackMs + timeoutMs + 120_000)).toMatchObject({ granted: false })
    expect(await reserveAt(setBackMs + timeoutMs + 120_001)).toMatchObject({ granted: true })
    await ledger.destroy()
  })

  it('wait for the next calendar month, in UTC, if the month is spent', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 1 })
    await reserveCall(ledger, { ...request, now: () => startMs })
    const spent = await reserveCall(ledger, { ...request, now: () => startMs + 1 })
    expect(spent).toEqual({
      granted: false,
      wait: { reason: 'month', untilMs: Date.parse('2026-04-01T00:00:00Z') },
    })
    await ledger.destroy()
  })

  it('count a call in both months if it is sent in one and answered in the next', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 1 })
    const midnightMs = Date.parse('2026-04-01T00:00:00Z')
    const reservation = await reserveCall(ledger, { ...request, now: () => midnightMs - 1 })
    if (reservation.granted) await settle(ledger, reservation.call, midnightMs + 50)
    const next = await reserveCall(ledger, { ...request, now: () => midnightMs + 100 })
    expect(next).toMatchObject({ granted: false, wait: { reason: 'month' } })
    await ledger.destroy()
  })

  it('count a call of a worker that died at the end of a month in both months', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 1 })
    const midnightMs = Date.parse('2026-04-01T00:00:00Z')
    await reserveCall(ledger, { ...request, now: () => midnightMs - 1 })
    const next = await reserveCall(ledger, { ...request, now: () => midnightMs + 100 })
    expect(next).toMatchObject({ granted: false, wait: { reason: 'month' } })
    await ledger.destroy()
  })

  it('give back what the API did not count, and keep what a crash left open', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 100 })
    for (const outcome of ['refused', 'not_sent', 'failed', 'ok'] as const) {
      const reservation = await reserveCall(ledger, { ...request, now: () => startMs })
      if (!reservation.granted) throw new Error('no call granted')
      await ledger
        .transaction()
        .execute((tx) => settleCall(tx, reservation.call, { outcome, httpStatus: null, nowMs: startMs }))
    }
    await reserveCall(ledger, { ...request, now: () => startMs })
    const { calls } = await ledger.selectFrom('months').select('calls').executeTakeFirstOrThrow()
    expect(calls).toBe(3)
    await ledger.destroy()
  })

  it('send nothing before the end of a Retry-After, and never shorten it', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 10, perMonth: 100 })
    for (const retryAfterMs of [delayMs(90_000), delayMs(5_000)]) {
      const nowMs = startMs
      const { id } = await ledger
        .insertInto('calls')
        .values({
          connector: 'test',
          endpoint: 'GET /me',
          purpose: 'identify',
          qr_code_id: null,
          sent_at_ms: nowMs,
          settled_at_ms: null,
          window_until_ms: nowMs,
          outcome: 'pending',
          http_status: null,
          rows: null,
          retry_after_ms: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      const call = { id, connector: 'test', sentAtMs: nowMs, months: [] }
      await ledger
        .transaction()
        .execute((tx) => settleCall(tx, call, { outcome: 'refused', httpStatus: 429, retryAfterMs, nowMs }))
    }
    const closed = await reserveCall(ledger, { ...request, now: () => startMs + 89_999 })
    expect(closed).toEqual({ granted: false, wait: { reason: 'retry_after', untilMs: startMs + 90_000 } })
    expect(await reserveCall(ledger, { ...request, now: () => startMs + 90_000 })).toMatchObject({
      granted: true,
    })
    await ledger.destroy()
  })
})
