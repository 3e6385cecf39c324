import { randomUUID } from 'node:crypto'
import { keepClaim, releaseLease, takeLease } from '../../src/ledger/connector/lease.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { noteSync, noteSyncFailure } from '../../src/ledger/connector/note-sync.ts'
import { noteShapes } from '../../src/ledger/shapes/note-shapes.ts'
import { readFields } from '../../src/source/note-shape.ts'
import { describeClockSkew } from '../../src/model/clock-skew.ts'
import { ConnectorError } from '../../src/model/connector-error.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'

const renewEveryMs = 1_000

/**
 * Runs a slice of a sync while it holds the connector's lease. If another sync holds the lease, or a manual sync goes first, it
 * only returns a wait.
 */
export async function holdLease(
  { ledger, connector, clock, api, observer, dueMs }: ActivityDeps,
  { signal, isManual }: { signal: AbortSignal; isManual: boolean },
  slice: (signal: AbortSignal) => Promise<SliceResult>,
): Promise<SliceResult> {
  const holder = randomUUID()
  const take = () => takeLease(ledger, connector, { holder, isManual, nowMs: clock.now() })
  const heldElsewhereUntilMs = await take()
  if (heldElsewhereUntilMs !== null) {
    return {
      calls: 0,
      landed: 0,
      isDone: false,
      wait: { reason: 'other_sync', untilMs: heldElsewhereUntilMs },
    }
  }

  // If the worker was stopped for longer than its lease, another sync may have taken the lease. The slice then ends.
  const lost = new AbortController()
  const loseLease = (reason: unknown) => {
    lost.abort(reason)
  }
  const noteAnswers = async () => {
    const changes = await noteShapes(ledger, connector, api.takeShapes(), readFields, clock.now())
    for (const change of changes) observer.sourceChanged(change)
  }
  let renewal = Promise.resolve()
  const timer = setInterval(() => {
    renewal = take()
      .then((elsewhere) => {
        if (elsewhere !== null) loseLease('lease lost')
      })
      .catch(loseLease)
  }, renewEveryMs)
  try {
    const result = await slice(AbortSignal.any([signal, lost.signal]))
    await noteAnswers()
    if (isManual && result.wait !== null) {
      await keepClaim(ledger, connector, {
        forMs: result.wait.untilMs - clock.now(),
        nowMs: clock.now(),
      })
    }
    const clockSkewMs = await measureClock({ ledger, connector, api }, result.calls)
    observer.clock({ connector, skewMs: clockSkewMs })
    await noteSync(ledger, connector, {
      nowMs: clock.now(),
      // A manual sync does not change when the next scheduled run is due.
      dueMs: isManual ? undefined : dueOf(result.wait, (untilMs) => dueMs(untilMs, clock.now())),
      clockSkewMs,
    })
    return result
  } catch (error) {
    await noteAnswers()
    if (error instanceof ConnectorError && error.retry === 'never') {
      await noteSyncFailure(ledger, connector, error.code)
    }
    throw error
  } finally {
    clearInterval(timer)
    // A renewal that is still in flight would take the lease again after its release.
    await renewal
    await releaseLease(ledger, connector, holder)
  }
}

/**
 * Returns how far our clock is ahead of the API's. If it was wrong and no call has shown since that somebody has corrected it,
 * a request without the key does, which costs no call.
 */
async function measureClock(
  { ledger, connector, api }: Pick<ActivityDeps, 'ledger' | 'connector' | 'api'>,
  calls: number,
): Promise<number | null> {
  if (calls > 0) return api.clockSkewMs()
  const lastMs = api.clockSkewMs() ?? (await readConnector(ledger, connector)).clock_skew_ms
  if (describeClockSkew(lastMs) !== null) await api.isAlive('/me')
  return api.clockSkewMs()
}

/**
 * Returns when the next slice is due. If the plan has no call before the next run, this run ends, and the Schedule starts the next
 * one.
 *
 * @returns epoch ms; null if the time is unknown, undefined if it has not changed
 */
function dueOf(
  wait: SliceResult['wait'],
  dueMs: (untilMs: number) => number | null,
): number | null | undefined {
  if (wait === null) return undefined
  return wait.reason === 'plan' ? dueMs(wait.untilMs) : wait.untilMs
}
