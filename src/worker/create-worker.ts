import { Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker'
import { createActivities } from '../../activities/create-activities.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import { failureInterceptor } from '../../activities/to-failure.ts'
import { ConnectorError } from '../model/connector-error.ts'

export interface WorkerOptions {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Of the connectors that it serves. */
  served: readonly ActivityDeps[]
  workflowBundle: WorkflowBundle
}

/** The worker of one connector, or of many. Told to stop, it lets pages and batches under way come to their end. */
export function createWorker({ served, ...options }: WorkerOptions): Promise<Worker> {
  const byName = new Map(served.map((deps) => [deps.connector, deps]))
  const depsOf = (connector: string): ActivityDeps => {
    const deps = byName.get(connector)
    if (deps !== undefined) return deps
    throw new ConnectorError(
      'CONFIG_INVALID',
      `The worker of ${options.taskQueue} has no config file of the connector ${connector} any more. ` +
        'Put it back, or terminate the workflow and delete its Schedule.',
      { retry: 'never' },
    )
  }
  return Worker.create({
    ...options,
    activities: createActivities(depsOf),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    shutdownGraceTime: '10 seconds',
    maxCachedWorkflows: 50,
    // A worker that dies must not hold up the one that takes over.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  })
}
