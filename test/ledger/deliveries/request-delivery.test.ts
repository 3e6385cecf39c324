import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createActivities } from '../../../activities/create-activities.ts'
import { closeGate } from '../../../src/ledger/calls/gate.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import { deliverLanded } from '../../../src/worker/deliver-landed.ts'
import { fillLedger } from '../../support/ledger/filled-ledger.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import type { SliceResult } from '../../../activities/contract.ts'

it('a destination whose signal fails prevents no other signal, and the request is tried again', async () => {
  await using ledger = await temporaryLedger()
  const signalled: string[] = []
  const destinations = new Map(['first', 'broken', 'last'].map((name) => [name, {} as never]))
  const deps = activityDeps({
    ledger,
    api: {} as never,
    destinations,
    signalDelivery: (name) => {
      if (name === 'broken') return Promise.reject(new Error('no such workflow'))
      signalled.push(name)
      return Promise.resolve()
    },
  })
  const activities = createActivities(() => deps)
  const request = new MockActivityEnvironment().run(() => activities.requestDelivery({ connector: 'test' }))
  await expect(request).rejects.toThrow('no such workflow')
  expect(signalled).toEqual(['first', 'last'])
})

it('a sync that waits for the end of a spent month signals each new day, because totals change with the day', async () => {
  await using ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth: 5_000 })
  let nowMs = Date.parse('2026-03-05T20:00:00Z')
  await ledger
    .updateTable('accounts')
    .set({ identified_at_ms: nowMs, key_fingerprint: 'f', plan: 'pro' })
    .execute()
  await ledger
    .insertInto('months')
    .values({ connector: 'test', month: '2026-03', calls: 5_000, others: 4_000 })
    .execute()
  const crm = { streams: ['code_summaries'], gatherMs: 0 }
  const deliver = () =>
    ledger
      .insertInto('deliveries')
      .values({
        connector: 'test',
        destination: 'crm',
        stream: 'code_summaries',
        watermark_seq: 0,
        delivered_rows: 0,
        updated_at_ms: nowMs,
        drained_at_ms: nowMs,
      })
      .onConflict((conflict) =>
        conflict.columns(['connector', 'destination', 'stream']).doUpdateSet({ drained_at_ms: nowMs }),
      )
      .execute()
  const deps = activityDeps({
    ledger,
    api: { clockSkewMs: () => null, takeShapes: () => [] } as never,
    destinations: new Map([['crm', crm as never]]),
    clock: { now: () => nowMs, sleep: () => Promise.resolve() },
  })
  const activities = createActivities(() => deps)
  const told: string[] = []
  await deliver()
  while (nowMs < Date.parse('2026-03-08T12:00:00Z')) {
    const slice: SliceResult = await new MockActivityEnvironment().run(() =>
      activities.followPlan({ connector: 'test' }),
    )
    expect(slice).toMatchObject({ calls: 0, wait: { reason: 'month' } })
    if (slice.hasNews === true) {
      told.push(new Date(nowMs).toISOString().slice(0, 10))
      await deliver()
    }
    nowMs += slice.wait?.forMs ?? 0
  }
  expect(told).toEqual(['2026-03-06', '2026-03-07', '2026-03-08'])
})

it.each([
  { pause: 'half a minute', pauseMs: 30_000, hasNews: false },
  { pause: 'a day', pauseMs: 24 * 3_600_000, hasNews: true },
])(
  'the API asks for a pause of $pause while a destination is behind: the sync signals it: $hasNews',
  async ({ pauseMs, hasNews }) => {
    await using ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth: 5_000 })
    const nowMs = Date.parse('2026-03-05T20:00:00Z')
    await ledger
      .updateTable('accounts')
      .set({ identified_at_ms: nowMs, key_fingerprint: 'f', plan: 'pro' })
      .execute()
    await ledger.transaction().execute((transaction) =>
      closeGate(transaction, 'test', {
        reason: 'retry_after',
        untilMs: nowMs + pauseMs,
        text: 'too many calls',
        nowMs,
      }),
    )
    const behind = { streams: ['code_summaries'], gatherMs: 0 }
    const deps = activityDeps({
      ledger,
      api: { clockSkewMs: () => null, takeShapes: () => [] } as never,
      destinations: new Map([['crm', behind as never]]),
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    })
    const slice = await new MockActivityEnvironment().run(() =>
      createActivities(() => deps).followPlan({ connector: 'test' }),
    )
    expect(slice).toMatchObject({ calls: 0, wait: { reason: 'retry_after' }, hasNews })
  },
)

it('a starting worker delivers landed rows to a new destination, without a call', async () => {
  await using ledger = await temporaryLedger()
  const signalled: string[] = []
  const destinations = new Map([['new', { streams: ['scans'], gatherMs: 0 } as never]])
  const deps = activityDeps({
    ledger,
    api: {} as never,
    destinations,
    signalDelivery: (name) => {
      signalled.push(name)
      return Promise.resolve()
    },
  })
  await deliverLanded(deps)
  expect(signalled, 'nothing has landed').toEqual([])
  await fillLedger(ledger, { codes: 1, scans: 3, nowMs: Date.parse('2026-03-05T20:00:00Z') })
  await ledger
    .updateTable('list_passes')
    .set({ listed_at_ms: Date.parse('2026-03-05T20:00:00Z') })
    .execute()
  await deliverLanded(deps)
  expect(signalled).toEqual(['new'])
})

it('a first slice that fetches nothing signals destinations only if one of them has changed', async () => {
  await using ledger = await temporaryLedger('sqlite', { perMinute: 60, perMonth: 5_000 })
  const nowMs = Date.parse('2026-03-05T20:00:00Z')
  await ledger
    .updateTable('accounts')
    .set({ identified_at_ms: nowMs, key_fingerprint: 'f', plan: 'pro' })
    .execute()
  await ledger
    .updateTable('list_passes')
    .set({ listed_at_ms: nowMs, full_listed_at_ms: nowMs, changes_listed_at_ms: nowMs })
    .execute()
  let isUntouched = true
  const warehouse = { streams: ['scans'], gatherMs: 0, isUntouched: () => Promise.resolve(isUntouched) }
  const destinations = new Map([['warehouse', warehouse as never]])
  const deps = activityDeps({
    ledger,
    api: { clockSkewMs: () => null, takeShapes: () => [] } as never,
    destinations,
    clock: { now: () => nowMs, sleep: () => Promise.resolve() },
  })
  await settleBatch(
    ledger,
    { connector: 'test', destination: 'warehouse', stream: 'scans' },
    {
      resets: 0,
      rows: [],
      rejected: [],
      fingerprints: new Map(),
      move: { fromSeq: 0, upToSeq: 0, isLast: true, readAtMs: nowMs },
    },
    nowMs,
  )
  const slice = (isFirst: boolean): Promise<SliceResult> =>
    new MockActivityEnvironment().run(() =>
      createActivities(() => deps).followPlan({ connector: 'test', isFirst }),
    )
  expect(await slice(true)).toMatchObject({ calls: 0, hasNews: false, hasLookedAtTargets: true })
  isUntouched = false
  expect(await slice(true), 'a file that somebody has removed').toMatchObject({ hasNews: true })
  expect(await slice(false), 'not in every slice').toMatchObject({ hasNews: false })
  isUntouched = true
  destinations.set('crm', { streams: ['scans'], gatherMs: 0 } as never)
  expect(await slice(true), 'a new destination').toMatchObject({ hasNews: true })
})
