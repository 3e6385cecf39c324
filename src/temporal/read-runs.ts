import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client'
import { names } from './names.ts'

export interface ScheduleStanding {
  isPaused: boolean
  /** What whoever paused it has said. */
  note: string | null
  nextRunAtMs: number | null
  /** Of the worker that serves it. */
  taskQueue: string
  /** When it syncs, in words, as it was applied; null where that was before it was kept. */
  text: string | null
  /** Syncs that it has started and that are at work. */
  runningWorkflowIds: string[]
}

export interface RunStanding {
  workflowId: string
  /** As Temporal names it: RUNNING, COMPLETED, FAILED … */
  status: string
  /** Of the activity that is tried again; null where all goes well. */
  failure: { type: string | null; message: string; attempt: number; nextAttemptAtMs: number | null } | null
}

/** Null where the connector was never started. */
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
      runningWorkflowIds: (raw.info?.runningWorkflows ?? []).flatMap(({ workflowId }) => workflowId ?? []),
    }
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    throw error
  }
}

/** The last run under an id; null where there was none. */
export async function readRun(client: Client, workflowId: string): Promise<RunStanding | null> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe()
    const failing = raw.pendingActivities?.find(({ lastFailure }) => lastFailure)
    return {
      workflowId,
      status: status.name,
      failure: failing?.lastFailure
        ? {
            type: failing.lastFailure.applicationFailureInfo?.type ?? null,
            message: failing.lastFailure.message ?? '',
            attempt: failing.attempt ?? 1,
            nextAttemptAtMs: toMs(failing.scheduledTime),
          }
        : null,
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

function toMs(time: { seconds?: unknown } | null | undefined): number | null {
  return time?.seconds == null ? null : Number(time.seconds) * 1000
}
