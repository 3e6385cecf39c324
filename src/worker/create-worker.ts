import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker'
import { createActivities } from '../../activities/create-activities.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import { failureInterceptor } from '../../activities/to-failure.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { observeActivities } from '../observability/observe-activities.ts'
import type { Observability } from '../observability/start-observability.ts'

export interface WorkerOptions {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Of the connectors that it serves. */
  served: readonly ActivityDeps[]
  workflowBundle: WorkflowBundleOption
  observability: Pick<Observability, 'logger' | 'metrics' | 'tracing'>
}

/** The worker of one connector, or of many. Told to stop, it lets pages and batches under way come to their end. */
export function createWorker({ served, observability, ...options }: WorkerOptions): Promise<Worker> {
  const { logger, metrics, tracing } = observability
  const byName = new Map(served.map((deps) => [deps.connector, deps]))
  const depsOf = (connector: string): ActivityDeps => {
    const deps = byName.get(connector)
    if (deps !== undefined) return deps
    throw new ConnectorError(
      'CONFIG_INVALID',
      `The worker of ${options.taskQueue} no longer has a config file for the connector ${connector}. ` +
        'Put it back, or terminate the workflow and delete its Schedule.',
      { retry: 'never' },
    )
  }
  return Worker.create({
    ...options,
    activities: createActivities(depsOf),
    interceptors: {
      activity: [
        ...tracing.activityInterceptors,
        observeActivities(logger, metrics),
        () => ({ inbound: failureInterceptor }),
      ],
    },
    sinks: tracing.sinks,
    shutdownGraceTime: '10 seconds',
    maxCachedWorkflows: 50,
    // A worker that dies must not hold up the one that takes over.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  })
}
