import { describe, expect, it } from 'vitest'
import { holdLease } from '../../../activities/sync/hold-lease.ts'
import { readSyncStanding } from '../../../src/insight/read-standing.ts'
import { noteSync } from '../../../src/ledger/connector/note-sync.ts'
import { hourMs, minuteMs } from '../../../src/model/durations.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'

const nowMs = Date.parse('2026-11-20T00:00:00Z')

/** An API whose month is used up: only requests without the key show its clock. */
function spentApi({ atStartMs, nowAheadMs }: { atStartMs: number | null; nowAheadMs: number }) {
  let skewMs = atStartMs
  let looks = 0
  const isAlive = () => {
    looks++
    skewMs = nowAheadMs
    return Promise.resolve(true)
  }
  return { clockSkewMs: () => skewMs, isAlive, takeShapes: () => [], looks: () => looks }
}

describe.each(ledgerKinds)('a worker whose clock was wrong, while no call is made, on %s,', (kind) => {
  it.each([
    ['in the same process', hourMs],
    ['after a restart', null],
  ])('is known to be right again: %s', async (_when, atStartMs) => {
    const ledger = await temporaryLedger(kind)
    await noteSync(ledger, 'test', { nowMs, dueMs: null, clockSkewMs: hourMs })
    const api = spentApi({ atStartMs, nowAheadMs: 1_000 })
    const deps = activityDeps({
      api: api as never,
      ledger,
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    })
    const wait = { reason: 'month', untilMs: nowMs + 24 * hourMs } as const
    const slice = () =>
      holdLease(deps, { signal: new AbortController().signal, isManual: false }, () =>
        Promise.resolve({ calls: 0, landed: 0, isDone: false, wait }),
      )
    expect((await readSyncStanding(ledger, 'test', nowMs)).clock).toContain('60 min ahead')
    await slice()
    expect((await readSyncStanding(ledger, 'test', nowMs)).clock).toBeNull()
    await slice()
    expect(api.looks(), 'a right clock is not looked at').toBe(1)
    await ledger.destroy()
  })

  it('stays known to be wrong while it is', async () => {
    const ledger = await temporaryLedger(kind)
    const api = spentApi({ atStartMs: hourMs, nowAheadMs: 2 * minuteMs })
    const deps = activityDeps({
      api: api as never,
      ledger,
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    })
    await holdLease(deps, { signal: new AbortController().signal, isManual: false }, () =>
      Promise.resolve({ calls: 0, landed: 0, isDone: true, wait: null }),
    )
    expect((await readSyncStanding(ledger, 'test', nowMs)).clock).toContain('2 min ahead')
    await ledger.destroy()
  })
})
