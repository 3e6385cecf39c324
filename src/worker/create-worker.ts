import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker'
import { createActivities } from '../../activities/create-activities.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import type { Observer } from '../../activities/observer.ts'
import { failureInterceptor } from '../../activities/to-failure.ts'
import { createApiClient } from '../api/client.ts'
import { RuleBooks } from '../budget/rule-books.ts'
import { settingsOf } from '../config/code-settings.ts'
import type { Config } from '../config/schema.ts'
import type { Ledger } from '../ledger/schema.ts'
import { observeActivities } from '../observability/observe-activities.ts'
import type { Observability } from '../observability/start-observability.ts'
import { names } from '../temporal/names.ts'
import { signalDelivery } from '../temporal/signal-delivery.ts'
import { createDestinations } from './create-destinations.ts'

const callTimeoutMs = 30_000

/** Everything that one connector's activities work with. */
export function createActivityDeps(
  config: Config,
  ledger: Ledger,
  client: Promise<Client>,
  observer: Observer,
): ActivityDeps {
  const { connector, source } = config
  return {
    connector,
    ledger,
    callTimeoutMs,
    callsPerMinute: source.calls_per_minute ?? null,
    api: createApiClient({ baseUrl: source.url, apiKey: source.key, timeoutMs: callTimeoutMs }),
    keyFingerprint: createHash('sha256').update(source.key).digest('hex').slice(0, 16),
    destinations: createDestinations(config, ledger),
    spare: config.budget.spare,
    hasAnalytics: config.analytics,
    settingsOf: config.codes.length === 0 ? null : (code) => settingsOf(config.codes, code),
    rules: new RuleBooks(),
    clock: { now: Date.now, sleep: (ms) => sleep(ms) },
    observer,
    signalDelivery: async (destination, isUrgent) =>
      signalDelivery(await client, connector, destination, isUrgent),
  }
}

export interface WorkerOptions {
  connection: NativeConnection
  namespace: string
  deps: ActivityDeps
  workflowBundle: WorkflowBundle
  observability: Pick<Observability, 'logger' | 'metrics' | 'tracing'>
}

/** The worker of one connector. Told to stop, it lets pages and batches under way come to their end. */
export function createWorker({
  connection,
  namespace,
  deps,
  workflowBundle,
  observability: { logger, metrics, tracing },
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: names.taskQueue(deps.connector),
    workflowBundle,
    activities: createActivities(deps),
    interceptors: {
      activity: [
        ...tracing.activityInterceptors,
        observeActivities(logger, metrics),
        () => ({ inbound: failureInterceptor }),
      ],
      workflowModules: tracing.workflowModules,
    },
    sinks: tracing.sinks,
    shutdownGraceTime: '10 seconds',
    maxCachedWorkflows: 50,
    // A worker that dies must not hold up the one that takes over.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  })
}
