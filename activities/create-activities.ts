import { Context } from '@temporalio/activity'
import { collectScans } from './collect-scans.ts'
import type { Activities } from './contract.ts'
import { deliver } from './deliver.ts'
import type { ActivityDeps } from './deps.ts'
import { followPlan } from './follow-plan.ts'
import { holdLease } from './hold-lease.ts'
import { refreshCatalogue } from './refresh-catalogue.ts'

/** Well within the heartbeat timeout that the workflows set. */
const heartbeatEveryMs = 1_000

/** The activities of one connector, bound to what they work with. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    refreshCatalogue: () =>
      whileAlive((signal) => holdLease(deps, signal, (held) => refreshCatalogue(deps, held))),
    collectScans: () => whileAlive((signal) => holdLease(deps, signal, (held) => collectScans(deps, held))),
    followPlan: () => whileAlive((signal) => holdLease(deps, signal, (held) => followPlan(deps, held))),
    async requestDelivery({ isUrgent = false }) {
      for (const destination of deps.destinations.keys()) await deps.signalDelivery(destination, isUrgent)
    },
    deliver: (input) => whileAlive((signal) => deliver(deps, input, signal)),
  }
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
