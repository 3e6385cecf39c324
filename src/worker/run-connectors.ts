import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@temporalio/client'
import type { ActivityDeps } from '../../activities/deps.ts'
import type { Config } from '../config/schema.ts'
import type { Served } from '../config/load-configs.ts'
import type { Observability } from '../observability/start-observability.ts'
import { reserveLeaseForManualSync } from '../ledger/connector/lease.ts'
import { AsyncClosingStack } from '../model/closing-stack.ts'
import { applySearchAttributes } from '../temporal/apply-search-attributes.ts'
import { dataConverterOf } from '../temporal/encryption/data-converter.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import { names } from '../temporal/names.ts'
import { openTemporal, type Temporal } from '../temporal/server/open-temporal.ts'
import type { Place } from '../temporal/place.ts'
import { readSchedule } from '../temporal/read-runs.ts'
import { connectToRunningServer } from '../temporal/server/running-server.ts'
import { applySchedule } from '../temporal/schedule.ts'
import { identify } from '../temporal/server/server-identity.ts'
import { watchServer } from '../temporal/server/watch-server.ts'
import { workflowBundle } from './bundle-workflows.ts'
import { createWorker } from './create-worker.ts'
import { deliverLanded } from './deliver-landed.ts'
import { LiveConnectors } from './live-connectors.ts'
import { ConfigReloader } from './reload-configs.ts'
import { lockFolders } from './lock-folders.ts'
import { openConnectors, tryConnectors } from './open-connectors.ts'

export interface RunningConnectors {
  /** The current parts of each connector, in the order of the config files. */
  readonly served: readonly ActivityDeps[]
  /** The current content of their config files. */
  readonly configs: readonly Config[]
  /** Reads the config again if it has changed. */
  reload(): Promise<void>
  place: Place
  temporal: Temporal
  /** Seconds from the start until Temporal answered. */
  temporalReadySeconds: number
  /** Settles when the worker has stopped; rejects if the worker, or the Temporal server that we started, fails. */
  stopped: Promise<void>
  /** What is wrong with the Temporal server now, in a sentence; null if nothing is. */
  trouble: () => string | null
  stop(): Promise<void>
}

export interface RunOptions {
  /**
   * They share the process, the Temporal server and the first one's settings of observability, and nothing
   * else.
   */
  served: Served
  /**
   * `all`: check what each connector needs, and create Schedules and search attributes as in the config files,
   * on a server of our own if none is configured; a manual sync follows at once. `worker`: change none of that.
   */
  start: 'all' | 'worker'
  /** The config file, or the folder, to read again when it changes; null if the config never changes. */
  reloadFrom: string | null
  observability: Observability
  onProgress: (text: string) => void
  onStep: (text: string) => void
  /** The last message of `onProgress` no longer applies. */
  onIdle: () => void
}

/** A server that is away has this long to learn that the worker ends. */
const stopWithinMs = 20_000

/**
 * Starts everything that connectors need: ledger, destinations, API, Temporal, Schedules, worker. The cheapest
 * checks come first, so that a mistake is found before anything is started; after a failure, everything that
 * was opened is closed again.
 */
export async function runConnectors(options: RunOptions): Promise<RunningConnectors> {
  const {
    served: { name, configs, files },
    start,
    reloadFrom,
    observability,
    onProgress,
    onStep,
    onIdle,
  } = options
  const { observer, tracing } = observability
  const startedAtMs = performance.now()
  await using opened = new AsyncClosingStack()
  const dataConverter = dataConverterOf(configs[0].temporal)
  const { failureConverterPath } = dataConverter
  const bundle = workflowBundle({ interceptorModules: tracing.workflowModules, failureConverterPath })
  bundle.catch(() => undefined)

  // The place is known once Temporal is started, after the API has accepted the keys.
  const place = Promise.withResolvers<Place>()
  const served = await openConnectors({ configs, place: place.promise, observer, opened })
  const lock = start === 'all' ? lockFolders(configs) : null
  if (lock !== null) opened.use(lock)
  if (start === 'all') await tryConnectors(served, { onProgress, onStep })

  const temporal = await (lock === null
    ? connectToRunningServer(configs[0])
    : openTemporal({ config: configs[0], lock, onProgress, onStep }))
  opened.defer(() => temporal.close())
  const temporalReadySeconds = (performance.now() - startedAtMs) / 1000
  const { connection, namespace } = temporal
  const named = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw nameTemporalError(error, temporal)
    })
  // Reports a missing namespace with its own message.
  await named(identify(connection, namespace))
  const { missing, obstacle } = await applySearchAttributes(connection, namespace, {
    dryRun: start === 'worker',
  })
  if (obstacle !== null) onStep(`Workflows run without search attributes: ${obstacle}`)
  const found: Place = {
    client: new Client({ connection, namespace, dataConverter, interceptors: tracing.clientInterceptors }),
    taskQueue: names.taskQueue(name),
    hasSearchAttributes: obstacle === null && (start === 'all' || missing.length === 0),
  }
  place.resolve(found)

  onProgress('Starting the worker')
  for (const { connector, ledger, clock } of served) {
    if (start === 'all') await reserveLeaseForManualSync(ledger, connector, clock.now())
  }
  for (const { connector, schedule } of configs) {
    if (start === 'all') await named(applySchedule(found, connector, schedule))
    else await named(tellOfSchedule(found, connector, onStep))
  }
  for (const deps of served) await named(deliverLanded(deps))
  const { taskQueue } = found
  const live = new LiveConnectors(
    taskQueue,
    served.flatMap((deps, index) => (configs[index] === undefined ? [] : [{ config: configs[index], deps }])),
  )
  opened.defer(() => live.close())
  const reloader =
    reloadFrom === null
      ? null
      : new ConfigReloader({
          path: reloadFrom,
          environment: process.env,
          files,
          live,
          place: found,
          observer,
          onConfigs: (changed) => observability.use(changed),
          onStep,
        })
  const reload = () => reloader?.reload() ?? Promise.resolve()
  const worker = await createWorker({
    connection,
    namespace,
    taskQueue,
    served: live,
    onRejected: reload,
    workflowBundle: await bundle,
    dataConverter,
    observability,
  })
  observability.watch(
    () => live.served,
    () => worker.getState().toLowerCase(),
  )
  const watching = watchServer({
    connection,
    address: temporal.address,
    namespace,
    place: found,
    connectors: () =>
      live.configs.map(({ connector, schedule, destinations }) => ({
        connector,
        schedule,
        destinations: Object.keys(destinations),
      })),
    onStep,
    onTrouble(text) {
      if (text === null) onIdle()
      else onProgress(text)
    },
    onOtherServer(identity) {
      const { address, uiUrl } = temporal
      if (uiUrl !== null) lock?.noteServer({ address, uiUrl, identity })
    },
  })
  const watch = await named(watching)
  await reloader?.begin()
  const run = worker.run()
  const stopped = Promise.race([run, temporal.broken])
  stopped.catch(() => undefined)

  const resources = opened.move()
  return {
    get served() {
      return live.served
    },
    get configs() {
      return live.configs
    },
    reload,
    place: found,
    temporal,
    temporalReadySeconds,
    stopped,
    trouble: () => watch.trouble(),
    async stop() {
      await watch.stop()
      await reloader?.stop()
      if (worker.getState() === 'RUNNING') worker.shutdown()
      const ended = run.catch(() => undefined)
      await Promise.race([ended, sleep(stopWithinMs, undefined, { ref: false })])
      await resources[Symbol.asyncDispose]()
    },
  }
}

/** Reports a missing Schedule, or one on another task queue: the worker would otherwise wait without a message. */
async function tellOfSchedule(
  { client, taskQueue }: Place,
  connector: string,
  onStep: (text: string) => void,
): Promise<void> {
  const schedule = await readSchedule(client, connector)
  if (schedule === null) {
    onStep(`${connector} has no Schedule yet, so nothing is synced: "qrsync apply" creates it.`)
  } else if (schedule.taskQueue !== taskQueue) {
    onStep(
      `${connector} is scheduled on the task queue ${schedule.taskQueue}, not on ${taskQueue}: "qrsync apply" changes it.`,
    )
  }
}
