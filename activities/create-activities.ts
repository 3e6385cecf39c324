import { Context } from '@temporalio/activity'
import type { Wait } from '../src/budget/windows.ts'
import { collectScans } from './sync/collect-scans.ts'
import { forgetOldCalls } from '../src/ledger/calls/forget-old-calls.ts'
import { readConnector } from '../src/ledger/connector/connector-state.ts'
import { checkTime } from '../src/ledger/connector/correct-times.ts'
import { describeClockSkew } from '../src/model/clock-skew.ts'
import { hourMs, minuteMs } from '../src/model/durations.ts'
import { readDeliveryStanding, syncStandingOf } from '../src/insight/read-standing.ts'
import type { Activities, PlannedSliceInput, SliceResult, SyncSliceInput } from './contract.ts'
import { deliver } from './delivery/deliver.ts'
import type { ActivityDeps } from './deps.ts'
import { followPlan } from './sync/follow-plan.ts'
import { holdLease } from './sync/hold-lease.ts'
import { isAnythingDue } from './delivery/read-due-streams.ts'
import { refreshCatalogue } from './sync/refresh-catalogue.ts'

/** Well below the heartbeat timeout that the workflows set. */
const heartbeatEveryMs = 1_000

/**
 * Creates the activities for all connectors of a process.
 *
 * @param depsOf returns the parts of a connector when an activity starts; throws if the process does not serve
 *   the connector
 * @param ended is called when the activity that got these parts has ended
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
        const state = await readConnector(deps.ledger, connector)
        const checked = {
          ...result,
          wait: wait && { ...wait, forMs: lengthMs(wait, nowMs, deps.api.clockSkewMs()) },
          standing: await syncStandingOf(deps.ledger, state, nowMs),
        }
        if (isFirst === true) {
          const { keepCallsMs: keepMs } = deps
          if (keepMs !== undefined) await forgetOldCalls(deps.ledger, connector, { keepMs, nowMs })
          const hasNews = (await isAnythingDue(deps, state)) || !(await areUntouched(deps))
          return { ...checked, hasNews, hasLookedAtTargets: true }
        }
        const hasNews = mayHaveNews(result.calls, wait, nowMs) && (await isAnythingDue(deps, state))
        return { ...checked, hasNews }
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

/**
 * Whether all destinations are as the last deliveries left them. False if one cannot say so without being
 * opened, which its delivery does.
 */
async function areUntouched({ destinations }: ActivityDeps): Promise<boolean> {
  for (const destination of destinations.values()) {
    if ((await destination.isUntouched?.()) !== true) return false
  }
  return true
}

/** Waits in which no call is made, usually for days or weeks. */
const callsStop: readonly Wait['reason'][] = ['month', 'share', 'retry_after']

/**
 * Whether there may be rows to deliver. Without a call nothing is new, unless an earlier attempt landed rows
 * and could not report them. During a long wait without calls, time alone changes data: "scans of the last 7
 * days" is another number on another day. A short wait does not count, because a failing destination would get
 * a signal after each one.
 */
function mayHaveNews(calls: number, wait: Wait | null, nowMs: number): boolean {
  if (calls > 0 || Context.current().info.attempt > 1) return true
  return wait !== null && callsStop.includes(wait.reason) && wait.untilMs - nowMs >= hourMs
}

/**
 * An operator may correct a wrong clock, or open the gate, at any time. A sleeping workflow must notice it
 * within these times.
 */
const clockLookMs = minuteMs
const gateLookMs = 15 * minuteMs
/** Within this time, destinations get a signal that a new day has begun. */
const newDayLookMs = 6 * hourMs

function lengthMs({ reason, untilMs }: Wait, nowMs: number, skewMs: number | null): number {
  const isGate = reason === 'retry_after' || reason === 'outage'
  const looksMs = [untilMs - nowMs, newDayLookMs]
  if (isGate) looksMs.push(gateLookMs)
  if (describeClockSkew(skewMs) !== null) looksMs.push(clockLookMs)
  return Math.max(Math.min(...looksMs), 1)
}

/**
 * Signals every destination, even if the signal to another one fails. The next attempt signals all of them
 * again.
 */
async function signalAll(deps: ActivityDeps, isUrgent: boolean): Promise<void> {
  const signals = [...deps.destinations.keys()].map((name) => deps.signalDelivery(name, isUrgent))
  const failed = (await Promise.allSettled(signals)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/**
 * Runs an activity with heartbeats, so that a slow response of the API or of a destination does not look like a
 * dead worker. Heartbeats carry no progress: that is in the ledger. The signal asks the activity to end.
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
