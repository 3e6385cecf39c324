import type { WorkflowHandle } from '@temporalio/client'
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker'
import { createActivities } from '../../../activities/create-activities.ts'
import { failureInterceptor } from '../../../activities/to-failure.ts'
import { createApiClient } from '../../../src/source/client.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { names } from '../../../src/temporal/names.ts'
import { bundleWorkflows } from '../../../src/worker/bundle-workflows.ts'
import type * as Workflows from '../../../workflows/index.ts'
import { activityDeps } from './activity-deps.ts'
import { readWaits, type Wait } from '../temporal/read-waits.ts'
import {
  startReferenceApi,
  type InProcessReferenceApi,
  type StartOptions,
} from '../reference-api/reference-api.ts'
import { temporaryLedger } from '../ledger/temporary-ledger.ts'
import { startTimeSkipping } from '../temporal/time-skipping.ts'
import { VirtualClock } from './virtual-clock.ts'

const connector = 'test'
const quiet = {
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
} as const
const callTimeoutMs = 30_000

export interface VirtualConnector extends AsyncDisposable {
  api: InProcessReferenceApi
  clock: VirtualClock
  ledger: Ledger
  /** Runs planned syncs like a Schedule: at every multiple of `everyMs`, unless one is still running. */
  runSchedule(everyMs: number, endMs: number): Promise<void>
  /** The timers of these syncs, with their summaries. */
  waits(): Promise<Wait[]>
  /** How long the longest attempt of an activity occupied its worker's slot, in real time. */
  longestAttemptMs(): number
}

let workflowBundle: Promise<WorkflowBundle> | undefined

/**
 * Starts the connector's own worker with workflows, activities, client and ledger, against a reference API. The
 * server, the connector and the API have one common time, which begins at `startMs` and skips idle periods.
 */
export async function startVirtualConnector(
  startMs: number,
  options: StartOptions,
): Promise<VirtualConnector> {
  if (workflowBundle === undefined) Runtime.install(quiet)
  workflowBundle ??= bundleWorkflows()
  await using opened = new AsyncDisposableStack()
  const { environment, stop } = await startTimeSkipping(startMs)
  opened.defer(stop)
  const clock = new VirtualClock(startMs)
  const api = await startReferenceApi({ ...options, now: clock.now })
  opened.defer(() => api.close())
  const ledger = await temporaryLedger()
  opened.defer(() => ledger.destroy())
  const client = createApiClient({ baseUrl: `${api.url}/api/v1`, apiKey: api.key, timeoutMs: callTimeoutMs })
  opened.defer(() => client.close())
  const deps = activityDeps({ connector, api: client, ledger, clock, callTimeoutMs, hasAnalytics: true })

  let longestAttemptMs = 0
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: names.taskQueue(connector),
    workflowBundle: await workflowBundle,
    activities: createActivities(() => deps),
    interceptors: {
      activity: [
        () => ({
          inbound: {
            async execute(input, next) {
              await clock.moveTo(await environment.currentTimeMs())
              const startedMs = performance.now()
              try {
                return await next(input)
              } finally {
                longestAttemptMs = Math.max(longestAttemptMs, performance.now() - startedMs)
              }
            },
          },
        }),
        () => ({ inbound: failureInterceptor }),
      ],
    },
  })
  const stopped = worker.run()
  stopped.catch(() => undefined)
  opened.defer(async () => {
    worker.shutdown()
    await stopped
  })

  const { workflow: workflows } = environment.client
  const workflowId = names.syncWorkflow(connector)
  const syncs: WorkflowHandle[] = []
  const resources = opened.move()
  return {
    api,
    clock,
    ledger,
    async runSchedule(everyMs, endMs) {
      for (;;) {
        const nowMs = await environment.currentTimeMs()
        const nextMs = (Math.floor(nowMs / everyMs) + 1) * everyMs
        if (nextMs > endMs) return
        // Waiting for a workflow's result would not work: after it, the server skips on to the run's timeout.
        await Promise.race([environment.sleep(nextMs - nowMs), stopped])
        if (syncs.length > 0 && (await isAtWork(workflows.getHandle(workflowId)))) continue
        const { firstExecutionRunId } = await workflows.start('sync' satisfies keyof typeof Workflows, {
          workflowId,
          taskQueue: names.taskQueue(connector),
          workflowRunTimeout: '100 days',
          args: [{ connector, mode: 'planned', everyMs }],
        })
        syncs.push(workflows.getHandle(workflowId, firstExecutionRunId))
      }
    },
    waits: async () => (await Promise.all(syncs.map(readWaits))).flat(),
    longestAttemptMs: () => longestAttemptMs,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function isAtWork(workflow: WorkflowHandle): Promise<boolean> {
  const { status } = await workflow.describe()
  if (status.name === 'RUNNING') return true
  // Fails like the workflow.
  if (status.name !== 'COMPLETED') await workflow.result()
  return false
}
