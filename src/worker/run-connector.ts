import { Client } from '@temporalio/client'
import type { ActivityDeps } from '../../activities/deps.ts'
import { CallsSpent } from '../../activities/metered-call.ts'
import { identify } from '../../activities/identify.ts'
import type { Config } from '../config/schema.ts'
import { ensureConnector } from '../ledger/connector-state.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { ConnectorError } from '../model/connector-error.ts'
import type { Observability } from '../observability/start-observability.ts'
import { openTemporal, type Temporal } from '../temporal/open-temporal.ts'
import { applySchedule } from '../temporal/schedule.ts'
import { bundleWorkflows } from './bundle-workflows.ts'
import { createActivityDeps, createWorker } from './create-worker.ts'

export interface RunningConnector {
  deps: ActivityDeps
  client: Client
  temporal: Temporal
  /** Seconds from the start until Temporal answered. */
  temporalReadySeconds: number
  /** Settles when the worker has stopped; rejects when it broke. */
  stopped: Promise<void>
  stop(): Promise<void>
}

export interface RunOptions {
  config: Config
  observability: Observability
  onProgress: (text: string) => void
  onStep: (text: string) => void
}

/**
 * Brings up all that a connector needs: ledger, destinations, API, Temporal, Schedule, worker. What costs least is
 * tried first, so that a mistake is seen before anything has been started; what was opened is closed again then.
 */
export async function runConnector({
  config,
  observability,
  onProgress,
  onStep,
}: RunOptions): Promise<RunningConnector> {
  const startedAtMs = performance.now()
  await using opened = new AsyncDisposableStack()
  const { tracing, observer } = observability
  const bundle = bundleWorkflows(tracing.workflowModules)
  bundle.catch(() => undefined)

  const ledger = await openLedger(config.ledger.location)
  opened.defer(() => ledger.destroy())
  await ensureConnector(ledger, config.connector)

  // The client comes with Temporal, which is started after the API has accepted the key.
  const temporalClient = Promise.withResolvers<Client>()
  const deps = createActivityDeps(config, ledger, temporalClient.promise, observer)
  opened.defer(() => deps.api.close())
  await checkDestinations(deps.destinations, onStep)
  onProgress(`Asking ${config.source.url} who we are`)
  await identify(deps).catch(ignoreSpentCalls)

  const temporal = await openTemporal({ config, onProgress, onFound: onStep })
  opened.defer(() => temporal.close())
  const temporalReadySeconds = (performance.now() - startedAtMs) / 1000
  const client = new Client({
    ...{ connection: temporal.connection, namespace: temporal.namespace },
    interceptors: tracing.clientInterceptors,
  })
  temporalClient.resolve(client)

  onProgress('Starting the worker')
  await applySchedule(client, config.connector, config.schedule.every)
  const { connection, namespace } = temporal
  const workflowBundle = await bundle
  const worker = await createWorker({ connection, namespace, deps, workflowBundle, observability })
  observability.watch([deps], () => worker.getState().toLowerCase())
  const stopped = worker.run()
  stopped.catch(() => undefined)

  const resources = opened.move()
  return {
    ...{ deps, client, temporal, temporalReadySeconds, stopped },
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await stopped.catch(() => undefined)
      await resources.disposeAsync()
    },
  }
}

/**
 * Tells where each destination is and what is missing there. That is its own affair: its deliveries wait until it is mended. Only
 * where none can be used there is nothing to start for.
 */
async function checkDestinations(
  destinations: ActivityDeps['destinations'],
  onStep: (text: string) => void,
): Promise<void> {
  const failures: unknown[] = []
  for (const [name, destination] of destinations)
    try {
      const { identity, needs } = await destination.check()
      onStep(`Destination ${name}: ${identity}`)
      for (const need of needs.filter(({ isMet }) => !isMet))
        onStep(`Destination ${name}: missing: ${[need.what, need.advice].join('. ')}`)
    } catch (error) {
      failures.push(error)
      onStep(error instanceof ConnectorError ? `${error.code}: ${error.message}` : String(error))
    } finally {
      await destination.close()
    }
  if (failures.length === destinations.size) throw failures[0]
}

/** The key is good, only its calls are spent: the sync waits for them by itself. */
function ignoreSpentCalls(error: unknown): void {
  if (!(error instanceof CallsSpent)) throw error
}
