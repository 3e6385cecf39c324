import { Client } from '@temporalio/client'
import type { ActivityDeps } from '../../activities/deps.ts'
import { CallsSpent } from '../../activities/metered-call.ts'
import { identify } from '../../activities/identify.ts'
import type { Config } from '../config/schema.ts'
import { ensureConnector } from '../ledger/connector-state.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import type { Ledger } from '../ledger/schema.ts'
import type { Observability } from '../observability/start-observability.ts'
import { applySearchAttributes } from '../temporal/apply-search-attributes.ts'
import { names } from '../temporal/names.ts'
import { openTemporal, type Temporal } from '../temporal/open-temporal.ts'
import type { Place } from '../temporal/place.ts'
import { applySchedule } from '../temporal/schedule.ts'
import { bundleWorkflows } from './bundle-workflows.ts'
import { checkDestinations } from './check-destinations.ts'
import { createActivityDeps } from './create-activity-deps.ts'
import { createWorker } from './create-worker.ts'

export interface RunningConnectors {
  /** What each connector works with, in the order of the config files. */
  served: ActivityDeps[]
  place: Place
  temporal: Temporal
  /** Seconds from the start until Temporal answered. */
  temporalReadySeconds: number
  /** Settles when the worker has stopped; rejects when it broke. */
  stopped: Promise<void>
  stop(): Promise<void>
}

export interface RunOptions {
  /** One at least; they share the process, the Temporal server of the first, and nothing else. */
  configs: readonly [Config, ...Config[]]
  /** Names what is served in Temporal: the connector, or the folder of the config files. */
  servedName: string
  observability: Observability
  onProgress: (text: string) => void
  onStep: (text: string) => void
}

/**
 * Brings up all that connectors need: ledger, destinations, API, Temporal, Schedules, worker. What costs least is tried
 * first, so that a mistake is seen before anything has been started; what was opened is closed again then.
 */
export async function runConnectors(options: RunOptions): Promise<RunningConnectors> {
  const { configs, servedName, observability, onProgress, onStep } = options
  const { observer, tracing } = observability
  const startedAtMs = performance.now()
  await using opened = new AsyncDisposableStack()
  const bundle = bundleWorkflows(tracing.workflowModules)
  bundle.catch(() => undefined)

  // The place comes with Temporal, which is started after the API has accepted the keys.
  const place = Promise.withResolvers<Place>()
  const ledgers = new Map<string, Ledger>()
  const served: ActivityDeps[] = []
  for (const config of configs) {
    const ledger = await openOnce(ledgers, config.ledger.location, opened)
    await ensureConnector(ledger, config.connector)
    const deps = createActivityDeps(config, ledger, place.promise, observer)
    opened.defer(() => deps.api.close())
    await checkDestinations(deps.destinations, onStep)
    onProgress(`Asking ${config.source.url} who we are`)
    await identify(deps).catch(ignoreSpentCalls)
    served.push(deps)
  }

  const temporal = await openTemporal({ config: configs[0], onProgress, onFound: onStep })
  opened.defer(() => temporal.close())
  const temporalReadySeconds = (performance.now() - startedAtMs) / 1000
  const { connection, namespace } = temporal
  const { obstacle } = await applySearchAttributes(connection, namespace)
  if (obstacle !== null) onStep(`Workflows do without search attributes: ${obstacle}`)
  const found: Place = {
    client: new Client({ connection, namespace, interceptors: tracing.clientInterceptors }),
    taskQueue: names.taskQueue(servedName),
    hasSearchAttributes: obstacle === null,
  }
  place.resolve(found)

  onProgress('Starting the worker')
  for (const { connector, schedule } of configs) await applySchedule(found, connector, schedule)
  const { taskQueue } = found
  const worker = await createWorker({
    ...{ connection, namespace, taskQueue, served, workflowBundle: await bundle, observability },
  })
  observability.watch(served, () => worker.getState().toLowerCase())
  const stopped = worker.run()
  stopped.catch(() => undefined)

  const resources = opened.move()
  return {
    ...{ served, place: found, temporal, temporalReadySeconds, stopped },
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await stopped.catch(() => undefined)
      await resources.disposeAsync()
    },
  }
}

async function openOnce(
  ledgers: Map<string, Ledger>,
  location: string,
  opened: AsyncDisposableStack,
): Promise<Ledger> {
  const known = ledgers.get(location)
  if (known !== undefined) return known
  const ledger = await openLedger(location)
  opened.defer(() => ledger.destroy())
  ledgers.set(location, ledger)
  return ledger
}

/** The key is good, only its calls are spent: the sync waits for them by itself. */
function ignoreSpentCalls(error: unknown): void {
  if (!(error instanceof CallsSpent)) throw error
}
