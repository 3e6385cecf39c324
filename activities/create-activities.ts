import { Context } from '@temporalio/activity'
import { collectScans } from './collect-scans.ts'
import type { Activities } from './contract.ts'
import { deliver } from './deliver.ts'
import type { ActivityDeps } from './deps.ts'
import { refreshCatalogue } from './refresh-catalogue.ts'
import { toFailure } from './to-failure.ts'

/** The activities of one connector, bound to what they work with. */
export function createActivities(deps: ActivityDeps): Activities {
  return withFailures({
    refreshCatalogue: () => refreshCatalogue(deps, temporalContext()),
    collectScans: () => collectScans(deps, temporalContext()),
    async requestDelivery() {
      for (const destination of deps.destinations.keys()) await deps.signalDelivery(destination)
    },
    deliver: ({ destination }) => deliver(deps, destination, temporalContext()),
  })
}

function temporalContext() {
  const context = Context.current()
  return {
    heartbeat: (progress?: unknown) => context.heartbeat(progress),
    signal: context.cancellationSignal,
  }
}

function withFailures(activities: Activities): Activities {
  const wrap =
    <Input, Result>(activity: (input: Input) => Promise<Result>) =>
    (input: Input): Promise<Result> =>
      activity(input).catch((error: unknown) => {
        throw toFailure(error)
      })
  return {
    refreshCatalogue: wrap(activities.refreshCatalogue),
    collectScans: wrap(activities.collectScans),
    requestDelivery: wrap(activities.requestDelivery),
    deliver: wrap(activities.deliver),
  }
}
