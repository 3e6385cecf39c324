import { Context } from '@temporalio/activity'
import type { Wait } from '../src/budget/windows.ts'
import { collectScans } from './sync/collect-scans.ts'
import { checkTime } from '../src/ledger/connector/correct-times.ts'
import { describeClockSkew } from '../src/model/clock-skew.ts'
import { hourMs, minuteMs } from '../src/model/durations.ts'
import { readDeliveryStanding, readSyncStanding } from '../src/insight/read-standing.ts'
import type { Activities, PlannedSliceInput, SliceResult, SyncSliceInput } from './contract.ts'
import { deliver } from './delivery/deliver.ts'
import type { ActivityDeps } from './deps.ts'
import { followPlan } from './sync/follow-plan.ts'
import { holdLease } from './sync/hold-lease.ts'
import { isAnythingDue } from './delivery/read-due-streams.ts'
import { refreshCatalogue } from './sync/refresh-catalogue.ts'

/** Well within the heartbeat timeout that the workflows set. */
const heartbeatEveryMs = 1_000

/**
 * The activities of all connectors that a process serves, each bound to what it works with.
 *
 * @param depsOf a connector's, as an activity begins; throws for one that the process does not serve
 * @param ended the activity that got these has ended
 */
export function createActivities(
  depsOf: (connector: string) => ActivityDeps,
  ended: (deps: ActivityDeps) => void = () => undefined,
): Activities {
  const using = async <Result>(
    connector: string,
    activity: (deps: ActivityDeps, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    const deps = depsOf(connector)
    try {
      return await whileAlive((signal) => activity(deps, signal))
    } finally {
      ended(deps)
    }
  }
  const ofSync =
    (isManual: boolean, slice: (deps: ActivityDeps, signal: AbortSignal) => Promise<SliceResult>) =>
    ({ connector, syncId, isFirst }: SyncSliceInput & PlannedSliceInput): Promise<SliceResult> =>
      using(connector, async (current, signal) => {
        const deps = { ...current, syncId: syncId ?? null }
        await deps.requireRoom()
        const { wait, ...result } = await holdLease(deps, { signal, isManual }, (held) => slice(deps, held))
        const nowMs = deps.clock.now()
        return {
          ...result,
          ...(isFirst === true
            ? {
                hasNews: (await isAnythingDue(deps)) || !(await areUntouched(deps)),
                hasLookedAtTargets: true,
              }
            : { hasNews: mayHaveNews(result.calls, wait, nowMs) && (await isAnythingDue(deps)) }),
          wait: wait && { ...wait, forMs: lengthMs(wait, nowMs, deps.api.clockSkewMs()) },
          standing: await readSyncStanding(deps.ledger, connector, nowMs),
        }
      })
  return {
    refreshCatalogue: ofSync(true, refreshCatalogue),
    collectScans: ofSync(true, collectScans),
    followPlan: ofSync(false, followPlan),
    requestDelivery: ({ connector, isUrgent = false }) =>
      using(connector, (deps) => signalAll(deps, isUrgent)),
    deliver: ({ connector, ...input }) =>
      using(connector, async (deps, signal) => {
        await checkTime(deps.ledger, connector, deps.clock.now())
        const slice = await deliver(deps, input, signal)
        const { gatherUntilMs, retryAtMs } = slice
        const nowMs = deps.clock.now()
        if (gatherUntilMs !== undefined) slice.gatherForMs = Math.max(gatherUntilMs - nowMs, 1)
        if (retryAtMs !== undefined) slice.retryForMs = Math.max(retryAtMs - nowMs, 1)
        return {
          ...slice,
          standing: await readDeliveryStanding(deps.ledger, connector, input.destination),
        }
      }),
  }
}

/** Whether all destinations are as the last deliveries left them: one that cannot tell must be asked, which its delivery does. */
async function areUntouched({ destinations }: ActivityDeps): Promise<boolean> {
  for (const destination of destinations.values()) {
    if ((await destination.isUntouched?.()) !== true) return false
  }
  return true
}

/** Waits in which no call is made, as a rule for days or weeks. */
const callsStop: readonly Wait['reason'][] = ['month', 'share', 'retry_after']

/**
 * Without a call nothing is new, unless an attempt before this one has landed something, and could not say so. Where no calls are made
 * for long, time alone makes news: what was scanned in the last 7 days is another number on another day. A short wait makes
 * none: a destination that fails would be signalled after each.
 */
function mayHaveNews(calls: number, wait: Wait | null, nowMs: number): boolean {
  if (calls > 0 || Context.current().info.attempt > 1) return true
  return wait !== null && callsStop.includes(wait.reason) && wait.untilMs - nowMs >= hourMs
}

/** An operator may correct a wrong clock, or open the gate, at any time: a sleeping workflow must notice. */
const clockLookMs = minuteMs
const gateLookMs = 15 * minuteMs
/** Destinations hear of a new day within this time. */
const newDayLookMs = 6 * hourMs

function lengthMs({ reason, untilMs }: Wait, nowMs: number, skewMs: number | null): number {
  const isGate = reason === 'retry_after' || reason === 'outage'
  const looksMs = [untilMs - nowMs, newDayLookMs]
  if (isGate) looksMs.push(gateLookMs)
  if (describeClockSkew(skewMs) !== null) looksMs.push(clockLookMs)
  return Math.max(Math.min(...looksMs), 1)
}

/** A destination whose signal fails does not keep the others from being signalled; the next attempt signals all again. */
async function signalAll(deps: ActivityDeps, isUrgent: boolean): Promise<void> {
  const signals = [...deps.destinations.keys()].map((name) => deps.signalDelivery(name, isUrgent))
  const failed = (await Promise.allSettled(signals)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/**
 * Runs an activity with a heartbeat that only says that we live: how far it is, the ledger knows, and a slow answer of the
 * API or of a destination must not pass for a death. The signal says that the activity should come to an end.
 */
async function whileAlive<Result>(activity: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const timer = setInterval(() => {
    context.heartbeat()
  }, heartbeatEveryMs)
  try {
    return await activity(context.cancellationSignal)
  } finally {
    clearInterval(timer)
  }
}
