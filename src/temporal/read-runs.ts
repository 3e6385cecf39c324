import {
  ScheduleNotFoundError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client'
import { ApplicationFailure, type LoadedDataConverter, type ProtoFailure } from '@temporalio/common'
import { names } from './names.ts'

export interface ScheduleStanding {
  isPaused: boolean
  /** The note of the operator who paused it. */
  note: string | null
  nextRunAtMs: number | null
  /** Of the worker that serves it. */
  taskQueue: string
  /** When it syncs, as a text, stored when the Schedule was applied; null if an older version applied it. */
  text: string | null
  /** Running syncs that it has started. */
  runningWorkflowIds: string[]
  /** The last sync that it has started. */
  lastWorkflowId: string | null
}

export interface RunStanding {
  workflowId: string
  /** In Temporal's words: RUNNING, COMPLETED, FAILED and so on. */
  status: string
  startedAtMs: number
  /** Why the run failed, or why its activity is being retried; null if neither. */
  failure: RunFailure | null
}

export interface RunFailure {
  type: string | null
  message: string
  /** How many attempts failed; null if there is no retry. */
  attempt: number | null
  nextAttemptAtMs: number | null
}

/** @returns the connector's Schedule, or null if the connector was never started */
export async function readSchedule(client: Client, connector: string): Promise<ScheduleStanding | null> {
  try {
    const { state, info, action, raw } = await client.schedule.getHandle(names.schedule(connector)).describe()
    const [next] = info.nextActionTimes
    return {
      isPaused: state.paused,
      note: state.note ?? null,
      nextRunAtMs: state.paused ? null : (next?.getTime() ?? null),
      taskQueue: action.taskQueue,
      text: typeof action.memo?.['schedule'] === 'string' ? action.memo['schedule'] : null,
      lastWorkflowId: info.recentActions.at(-1)?.action.workflow.workflowId ?? null,
      runningWorkflowIds: (raw.info?.runningWorkflows ?? []).flatMap(({ workflowId }) => workflowId ?? []),
    }
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    throw error
  }
}

/** A worker asks for tasks at least once a minute. The server remembers those that are away for five. */
const askedWithinMs = 3 * 60_000

/** Whether a worker asks for the tasks of a queue, and so retries what fails. */
export async function hasWorker(client: Client, taskQueue: string, nowMs: number): Promise<boolean> {
  const pollers = await readPollers(client, taskQueue)
  return pollers.some(({ lastAccessTime }) => nowMs - (toMs(lastAccessTime) ?? nowMs) < askedWithinMs)
}

/** Returns the workers that have asked for the tasks of a queue within the last five minutes. */
export async function readPollers(client: Client, taskQueue: string) {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  })
  return pollers
}

/** @returns the last run of a workflow id, or null if there is none */
export async function readRun(
  client: Pick<Client, 'workflow'>,
  workflowId: string,
): Promise<RunStanding | null> {
  try {
    const { status, raw, startTime, runId } = await client.workflow.getHandle(workflowId).describe()
    return {
      workflowId,
      status: status.name,
      startedAtMs: startTime.getTime(),
      failure: await readFailure(),
    }

    async function readFailure() {
      const failing = raw.pendingActivities?.find(({ lastFailure }) => lastFailure)
      if (failing?.lastFailure) {
        return {
          type: failing.lastFailure.applicationFailureInfo?.type ?? null,
          message: await messageOf(failing.lastFailure, client.workflow.options.loadedDataConverter),
          // Temporal reports the number of the next attempt once one has failed.
          attempt: Math.max((failing.attempt ?? 2) - 1, 1),
          nextAttemptAtMs: toMs(failing.scheduledTime),
        }
      }
      return status.name === 'FAILED' ? readEnd(client.workflow.getHandle(workflowId, runId)) : null
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

/** The client decodes failures only in results, not in descriptions. */
async function messageOf(failure: ProtoFailure, converter: LoadedDataConverter): Promise<string> {
  let encoded = failure.encodedAttributes
  if (!encoded) return failure.message ?? ''
  for (const codec of converter.payloadCodecs) {
    const [decoded] = await codec.decode([encoded])
    encoded = decoded ?? encoded
  }
  return converter.payloadConverter.fromPayload<{ message: string }>(encoded).message
}

/** Returns why a run failed: the failure of its activity, if that was the cause. */
async function readEnd(run: WorkflowHandle): Promise<RunFailure | null> {
  try {
    await run.result()
    return null
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    let reason: unknown = error.cause
    while (!(reason instanceof ApplicationFailure) && reason instanceof Error && reason.cause !== undefined) {
      reason = reason.cause
    }
    const { type = null } = reason instanceof ApplicationFailure ? reason : {}
    const message = reason instanceof Error ? reason.message : error.message
    return { type: type ?? null, message, attempt: null, nextAttemptAtMs: null }
  }
}

function toMs(time: { seconds?: unknown } | null | undefined): number | null {
  return time?.seconds == null ? null : Number(time.seconds) * 1000
}
