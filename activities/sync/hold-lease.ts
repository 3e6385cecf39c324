import { randomUUID } from 'node:crypto'
import { keepClaim, releaseLease, takeLease } from '../../src/ledger/connector/lease.ts'
import { checkTime } from '../../src/ledger/connector/mend-times.ts'
import { noteSync, noteSyncFailure } from '../../src/ledger/connector/note-sync.ts'
import { noteShapes } from '../../src/ledger/shapes/note-shapes.ts'
import { readFields } from '../../src/source/note-shape.ts'
import { ConnectorError } from '../../src/model/connector-error.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'

const renewEveryMs = 1_000

/**
 * Runs a slice of a sync as the only one of its connector. While another sync is running, or a manual sync goes first, it only
 * returns a wait.
 */
export async function holdLease(
  { ledger, connector, clock, api, observer, everyMs }: ActivityDeps,
  { signal, isForPerson }: { signal: AbortSignal; isForPerson: boolean },
  slice: (signal: AbortSignal) => Promise<SliceResult>,
): Promise<SliceResult> {
  await checkTime(ledger, connector, clock.now())
  const holder = randomUUID()
  const take = () => takeLease(ledger, connector, { holder, isForPerson, nowMs: clock.now() })
  const heldElsewhereUntilMs = await take()
  if (heldElsewhereUntilMs !== null) {
    return {
      calls: 0,
      landed: 0,
      isDone: false,
      wait: { reason: 'other_sync', untilMs: heldElsewhereUntilMs },
    }
  }

  // A worker that was stopped for longer than its lease finds that somebody else has gone on: it ends its slice.
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
    if (isForPerson && result.wait !== null) {
      await keepClaim(ledger, connector, {
        forMs: result.wait.untilMs - clock.now(),
        nowMs: clock.now(),
      })
    }
    const clockSkewMs = api.clockSkewMs()
    observer.clock({ connector, skewMs: clockSkewMs })
    await noteSync(ledger, connector, {
      nowMs: clock.now(),
      // A sync by hand ends of itself: what the Schedule promises stays as it was.
      dueMs: isForPerson ? undefined : dueOf(result.wait, { everyMs, nowMs: clock.now() }),
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
    // A renewal still on its way would take back what is released here.
    await renewal
    await releaseLease(ledger, connector, holder)
  }
}

/**
 * Where the plan has nothing to do before the next run, this one ends, and the next begins when the Schedule says. When that is, only an
 * interval tells: its runs start at whole multiples of it since 1970.
 */
function dueOf(
  wait: SliceResult['wait'],
  { everyMs, nowMs }: { everyMs: number | null; nowMs: number },
): number | null | undefined {
  if (wait === null) return undefined
  if (wait.reason !== 'plan') return wait.untilMs
  if (everyMs === null) return null
  return Math.min(wait.untilMs, (Math.floor(nowMs / everyMs) + 1) * everyMs)
}
