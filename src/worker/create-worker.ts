import type { DataConverter } from '@temporalio/common'
import {
  Worker,
  type ActivityInboundCallsInterceptor,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker'
import { createActivities } from '../../activities/create-activities.ts'
import { failureInterceptor } from '../../activities/to-failure.ts'
import { delayMs } from '../model/delay.ts'
import { ConnectorError, type ErrorCode } from '../model/connector-error.ts'
import { observeActivities } from '../observability/observe-activities.ts'
import type { LiveConnectors } from './live-connectors.ts'
import type { Observability } from '../observability/start-observability.ts'

export interface WorkerOptions {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** The connectors that it serves. */
  served: LiveConnectors
  /** A vendor rejects a key or a token: reads the config again. */
  onRejected: () => Promise<void>
  workflowBundle: WorkflowBundleOption
  dataConverter: DataConverter
  observability: Pick<Observability, 'logger' | 'metrics' | 'tracing'>
}

/** Creates the worker of one or more connectors. When it stops, it finishes the pages and batches in progress. */
export function createWorker(options: WorkerOptions): Promise<Worker> {
  const { served, onRejected, observability, ...rest } = options
  const { logger, metrics, tracing } = observability
  return Worker.create({
    ...rest,
    activities: createActivities(
      (connector) => served.enter(connector),
      (deps) => {
        served.leave(deps)
      },
    ),
    interceptors: {
      activity: [
        ...tracing.activityInterceptors,
        observeActivities(logger, metrics),
        () => ({ inbound: failureInterceptor }),
        () => ({ inbound: readsKeysAgain(served, onRejected) }),
      ],
    },
    sinks: tracing.sinks,
    shutdownGraceTime: '10 seconds',
    maxCachedWorkflows: 50,
    // A dead worker must not delay the one that takes over.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  })
}

/** Codes of errors that a new key or token may fix. */
const rejections: readonly ErrorCode[] = ['API_KEY_REJECTED', 'DESTINATION_FORBIDDEN']
const tryAgainAfterMs = delayMs(1_000)

/** A key may have been replaced where the config reads it: then the activity is tried again with that one. */
export function readsKeysAgain(
  served: LiveConnectors,
  onRejected: WorkerOptions['onRejected'],
): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      const { connector } = input.args[0] as { connector: string }
      const before = served.find(connector)
      try {
        return await next(input)
      } catch (error) {
        if (!(error instanceof ConnectorError) || !rejections.includes(error.code)) throw error
        await onRejected()
        if (served.find(connector) === before) throw error
        const message = `${error.message} The config has changed meanwhile: qrsync tries again with the new one.`
        throw new ConnectorError(error.code, message, { retry: { afterMs: tryAgainAfterMs }, cause: error })
      }
    },
  }
}
