import { Context } from '@temporalio/activity'
import { collectScans } from './collect-scans.ts'
import type { Activities } from './contract.ts'
import { deliver } from './deliver.ts'
import type { ActivityDeps } from './deps.ts'
import { refreshCatalogue } from './refresh-catalogue.ts'

/** The activities of one connector, bound to what they work with. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    refreshCatalogue: () => refreshCatalogue(deps, temporalContext()),
    collectScans: () => collectScans(deps, temporalContext()),
    async requestDelivery() {
      for (const destination of deps.destinations.keys()) await deps.signalDelivery(destination)
    },
    deliver: ({ destination }) => deliver(deps, destination, temporalContext()),
  }
}

function temporalContext() {
  const context = Context.current()
  return {
    heartbeat(progress?: unknown) {
      context.heartbeat(progress)
    },
    signal: context.cancellationSignal,
  }
}
