import { describe, expect, it } from 'vitest'
import {
  reserveCall,
  settleCall,
  type ReservedCall,
  type Settlement,
} from '../../../src/ledger/calls/calls.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { closeGate, gateOf, letOneThrough } from '../../../src/ledger/calls/gate.ts'
import { delayMs } from '../../../src/model/delay.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const timeoutMs = 30_000
const startMs = Date.parse('2026-03-10T12:00:00Z')
const request = { connector: 'test', endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs }
const refused = { outcome: 'refused', httpStatus: 429, reason: 'too many calls', window: null } as const

const reserveAt = (ledger: Ledger, nowMs: number) => reserveCall(ledger, { ...request, now: () => nowMs })

async function reserved(ledger: Ledger, nowMs: number): Promise<ReservedCall> {
  const reservation = await reserveAt(ledger, nowMs)
  if (!reservation.granted) throw new Error(`no call granted: ${JSON.stringify(reservation.wait)}`)
  return reservation.call
}

const settle = (ledger: Ledger, call: ReservedCall, settlement: Settlement) =>
  ledger.transaction().execute((transaction) => settleCall(transaction, call, settlement))

/** Makes one call that is refused, which closes the gate. */
async function refuse(ledger: Ledger, nowMs: number, retryAfterMs: number): Promise<void> {
  await settle(ledger, await reserved(ledger, nowMs), {
    ...refused,
    retryAfterMs: delayMs(retryAfterMs),
    nowMs,
  })
}

const ok = (nowMs: number): Settlement => ({ outcome: 'ok', httpStatus: 200, rows: 0, nowMs })

describe.each(ledgerKinds)('the gate, on %s,', (kind) => {
  it('lets exactly one call through when the pause ends; the others wait until it is answered', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 20_000)
    expect(await reserveAt(ledger, startMs + 19_999)).toEqual({
      granted: false,
      wait: { reason: 'retry_after', untilMs: startMs + 20_000 },
    })
    const overMs = startMs + 20_000
    const lanes = await Promise.all(Array.from({ length: 8 }, () => reserveAt(ledger, overMs)))
    const granted = lanes.filter((lane) => lane.granted)
    expect(granted).toHaveLength(1)
    for (const lane of lanes) {
      if (!lane.granted) expect(lane.wait).toEqual({ reason: 'retry_after', untilMs: overMs + 1_000 })
    }
    const [probe] = granted
    if (probe === undefined) throw new Error('no probe')
    await settle(ledger, probe.call, ok(overMs + 200))
    expect(gateOf(await readConnector(ledger, 'test'))).toBeNull()
    expect(await reserveAt(ledger, overMs + 20_000)).toMatchObject({ granted: true })
    await ledger.destroy()
  })

  it('stays closed for as long as the answer to the probe says, or for a minute if it names no time', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 20_000)
    const probedMs = startMs + 20_000
    await refuse(ledger, probedMs, 5_000)
    const shorter = gateOf(await readConnector(ledger, 'test'))
    expect(shorter).toMatchObject({ sinceMs: startMs, closedAtMs: probedMs, untilMs: probedMs + 5_000 })
    const againMs = probedMs + 5_000
    await settle(ledger, await reserved(ledger, againMs), {
      outcome: 'failed',
      httpStatus: 502,
      nowMs: againMs,
    })
    expect(gateOf(await readConnector(ledger, 'test'))).toMatchObject({
      sinceMs: startMs,
      untilMs: againMs + 60_000,
    })
    await ledger.destroy()
  })

  it('stays closed through the last part of a millisecond', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    const untilMs = startMs + 20_000.4
    await ledger
      .transaction()
      .execute((transaction) =>
        closeGate(transaction, 'test', { reason: 'retry_after', untilMs, text: 'later', nowMs: startMs }),
      )
    expect(gateOf(await readConnector(ledger, 'test'))).toMatchObject({ untilMs: startMs + 20_001 })
    await ledger.destroy()
  })

  it('opens on any answer of the API itself', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 20_000)
    const nowMs = startMs + 20_000
    const call = await reserved(ledger, nowMs)
    await settle(ledger, call, { outcome: 'failed', httpStatus: 404, probe: 'passed', nowMs })
    expect(gateOf(await readConnector(ledger, 'test'))).toBeNull()
    await ledger.destroy()
  })

  it('is not opened by a call that was sent before it closed', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    const underWay = await reserved(ledger, startMs)
    await refuse(ledger, startMs + 100, 20_000)
    await settle(ledger, underWay, ok(startMs + 200))
    expect(await reserveAt(ledger, startMs + 300)).toMatchObject({ granted: false })
    await ledger.destroy()
  })

  it('waits for a probe whose worker died no longer than a call can take', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 20_000)
    const overMs = startMs + 20_000
    await reserved(ledger, overMs)
    expect(await reserveAt(ledger, overMs + timeoutMs - 1)).toMatchObject({ granted: false })
    await reserved(ledger, overMs + timeoutMs)
    await ledger.destroy()
  })

  it('lets another call be the probe if the probe was never sent', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 86_400_000)
    await letOneThrough(ledger, 'test')
    const call = await reserved(ledger, startMs + 6_000)
    const nowMs = startMs + 12_000
    await settle(ledger, call, { outcome: 'not_sent', httpStatus: null, probe: 'unsent', nowMs })
    await reserved(ledger, nowMs)
    await ledger.destroy()
  })

  it('lets one call of a manual sync through early, and opens if it is answered', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    expect(await letOneThrough(ledger, 'test')).toBe(false)
    const farMs = Date.parse('2083-01-01T00:00:00Z')
    await ledger
      .transaction()
      .execute((transaction) =>
        closeGate(transaction, 'test', { reason: 'outage', untilMs: farMs, text: 'down', nowMs: startMs }),
      )
    expect(await reserveAt(ledger, startMs + 10)).toEqual({
      granted: false,
      wait: { reason: 'outage', untilMs: farMs },
    })
    expect(await letOneThrough(ledger, 'test')).toBe(true)
    const probe = await reserved(ledger, startMs + 20)
    expect(await reserveAt(ledger, startMs + 20)).toMatchObject({ granted: false })
    await settle(ledger, probe, ok(startMs + 40))
    await reserved(ledger, startMs + 50)
    await ledger.destroy()
  })

  it('lets no second call of a manual sync through if the first failed', async () => {
    const ledger = await temporaryLedger(kind, { perMinute: 60, perMonth: 1_000 })
    await refuse(ledger, startMs, 86_400_000)
    await letOneThrough(ledger, 'test')
    const nowMs = startMs + 20_000
    const call = await reserved(ledger, nowMs)
    await settle(ledger, call, { outcome: 'failed', httpStatus: 503, nowMs })
    expect(await reserveAt(ledger, nowMs)).toEqual({
      granted: false,
      wait: { reason: 'retry_after', untilMs: startMs + 86_400_000 },
    })
    await ledger.destroy()
  })
})
