import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import { createActivities } from '../../../activities/create-activities.ts'
import { forgetOldCalls } from '../../../src/ledger/calls/forget-old-calls.ts'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { readMonth } from '../../../src/ledger/calls/months.ts'
import { ensureConnector, readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'

const dayMs = 24 * 3_600_000
const nowMs = Date.parse('2026-11-28T12:00:00Z')
const keepMs = 62 * dayMs

describe.each(ledgerKinds)('old calls in a ledger on %s', (kind) => {
  it('are deleted without a change to the budget; the last call and other connectors stay', async () => {
    await using ledger = await temporaryLedger(kind, { perMinute: 2, perMonth: 5 })
    await ensureConnector(ledger, 'idle')
    await ledger.updateTable('accounts').set({ calls_per_minute: 2, calls_per_month: 5 }).execute()
    const call = async (connector: string, atMs: number) => {
      const asked = { connector, endpoint: 'GET /me', purpose: 'identify', timeoutMs: 0, now: () => atMs }
      const reserved = await reserveCall(ledger, asked)
      if (reserved.granted) {
        const settlement = { outcome: 'ok', httpStatus: 200, rows: 1, nowMs: atMs } as const
        await ledger.transaction().execute((tx) => settleCall(tx, reserved.call, settlement))
      }
      return reserved.granted
    }
    const sentAtMs = async (connector: string) => {
      const calls = ledger.selectFrom('calls').select('sent_at_ms').where('connector', '=', connector)
      return (await calls.orderBy('id').execute()).map((row) => row.sent_at_ms)
    }
    const old = [nowMs - 200 * dayMs, nowMs - 63 * dayMs]
    const kept = [nowMs - 61 * dayMs, nowMs - 2 * dayMs, nowMs]
    for (const atMs of [...old, ...kept]) expect(await call('test', atMs)).toBe(true)
    for (const atMs of old) await call('idle', atMs)

    expect(await forgetOldCalls(ledger, 'test', { keepMs, nowMs })).toBe(2)
    expect(await forgetOldCalls(ledger, 'test', { keepMs, nowMs })).toBe(0)
    expect(await sentAtMs('test')).toEqual(kept)
    expect(await sentAtMs('idle')).toEqual(old)
    expect(await forgetOldCalls(ledger, 'idle', { keepMs, nowMs })).toBe(1)
    expect(await sentAtMs('idle'), 'the last call stays, however old it is').toEqual([old[1]])

    expect((await readMonth(ledger, 'test', '2026-11')).calls).toBe(2)
    expect((await readMonth(ledger, 'test', '2026-05')).calls, 'months are counters of their own').toBe(1)
    expect(await call('test', nowMs + 1)).toBe(true)
    expect(await call('test', nowMs + 2), 'the minute is full').toBe(false)
    expect((await readConnector(ledger, 'test')).calls_per_month).toBe(5)
  })
})

it.each([
  [keepMs, 1],
  [undefined, 2],
])('a run of the planner that keeps calls for %s ms leaves %i', async (keepCallsMs, left) => {
  await using ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth: 5 })
  const spent = { connector: 'test', month: '2026-11', calls: 5, others: 3 }
  await ledger.insertInto('months').values(spent).execute()
  const account = { identified_at_ms: nowMs, key_fingerprint: 'f', plan: 'pro' }
  await ledger.updateTable('accounts').set(account).execute()
  const call = { connector: 'test', endpoint: 'GET /me', purpose: 'identify', outcome: 'ok' } as const
  const sentMs = [nowMs - 63 * dayMs, nowMs - dayMs]
  await ledger
    .insertInto('calls')
    .values(sentMs.map((atMs) => ({ ...call, sent_at_ms: atMs, window_until_ms: atMs })))
    .execute()
  const deps = activityDeps({
    ledger,
    api: { clockSkewMs: () => null, takeShapes: () => [] } as never,
    clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    ...(keepCallsMs !== undefined && { keepCallsMs }),
  })
  const activities = createActivities(() => deps)
  await new MockActivityEnvironment().run(() => activities.followPlan({ connector: 'test', isFirst: true }))
  expect(await ledger.selectFrom('calls').select('id').execute()).toHaveLength(left)
})
