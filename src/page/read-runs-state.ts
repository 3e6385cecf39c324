import type { Client } from '@temporalio/client'
import { toTime, toTimeOrNull } from '../model/to-time.ts'
import { within } from '../observability/gauges.ts'
import type { RunsState, RunState } from '../report/operations/operations-data.ts'
import { listRuns, type ListedRun } from '../temporal/list-runs.ts'
import { readSchedule } from '../temporal/read-runs.ts'
import { namespaceUrl, savedViews } from '../temporal/saved-views.ts'

const shownRuns = 15
const timeoutMs = 4_000

/** The Temporal UI, in which an operator can see more. */
export interface TemporalUi {
  /** Null if its address is unknown. */
  uiUrl: string | null
  namespace: string
}

/**
 * Returns what Temporal knows about a connector now. If it does not answer, the result says so, and the page
 * does not wait for it.
 */
export async function readRunsState(
  client: Client,
  connector: string,
  { uiUrl, namespace }: TemporalUi,
): Promise<RunsState> {
  const ofUi = {
    ui_url: uiUrl === null ? null : namespaceUrl(uiUrl, namespace),
    views: savedViews(connector, namespace, uiUrl).flatMap(({ name, url }) =>
      url === null ? [] : [{ name, url }],
    ),
  }
  try {
    const [schedule, runs] = await within(
      timeoutMs + 1_000,
      // Without a deadline, the client would try for longer than any reader waits.
      client.withDeadline(Date.now() + timeoutMs, () =>
        Promise.all([readSchedule(client, connector), listRuns(client, connector, shownRuns)]),
      ),
    )
    return {
      error: null,
      schedule: schedule && {
        is_paused: schedule.isPaused,
        note: schedule.isPaused ? schedule.note : null,
        next_run_at: toTimeOrNull(schedule.nextRunAtMs),
        text: schedule.text,
      },
      runs: runs.map(toState),
      ...ofUi,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      error: `${reason}. The rest of this page is what the ledger knows.`,
      schedule: null,
      runs: [],
      ...ofUi,
    }
  }
}

function toState({ workflowId, runId, startedAtMs, endedAtMs, failure, ...run }: ListedRun): RunState {
  return {
    ...run,
    workflow_id: workflowId,
    run_id: runId,
    started_at: toTime(startedAtMs),
    ended_at: toTimeOrNull(endedAtMs),
    failure: failure && {
      message: failure.type === null ? failure.message : `${failure.type}: ${failure.message}`,
      next_attempt_at: toTimeOrNull(failure.nextAttemptAtMs),
    },
  }
}
