import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { searchAttributes } from '../../workflows/search-attributes.ts'
import { names } from './names.ts'
import { readRun, type RunFailure } from './read-runs.ts'

/** A run of a connector, as the list of workflows shows it. */
export interface ListedRun {
  workflowId: string
  runId: string
  /** "Sync", "Manual sync", "Backfill" or "Delivery to …". */
  title: string
  /** In Temporal's words: RUNNING, COMPLETED, FAILED and so on. */
  status: string
  /** From the search attributes; null if it has none. */
  outcome: string | null
  calls: number | null
  rows: number | null
  startedAtMs: number
  endedAtMs: number | null
  /** For a running one: its activity that is being retried. */
  failure: RunFailure | null
}

const mostRunning = 20

/** Lists running workflows, then a number of ended ones, the last started first. */
export async function listRuns(client: Client, connector: string, ended: number): Promise<ListedRun[]> {
  const ofConnector = `WorkflowId STARTS_WITH "${names.ofConnector(connector)}"`
  const running = await collect(client, `${ofConnector} AND ExecutionStatus = "Running"`, mostRunning)
  const over = await collect(client, `${ofConnector} AND ExecutionStatus != "Running"`, ended)
  // Temporal lists the last ended first.
  over.sort((a, b) => b.startTime.getTime() - a.startTime.getTime())
  const failures = await Promise.all(running.map(({ workflowId }) => readRun(client, workflowId)))
  return [
    ...running.map((info, index) => toListed(connector, info, failures[index]?.failure ?? null)),
    ...over.map((info) => toListed(connector, info, null)),
  ]
}

async function collect(client: Client, query: string, most: number): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = []
  for await (const info of client.workflow.list({ query, pageSize: most })) {
    found.push(info)
    if (found.length === most) break
  }
  return found
}

function toListed(connector: string, info: WorkflowExecutionInfo, failure: RunFailure | null): ListedRun {
  const { workflowId, runId, status, startTime, closeTime, typedSearchAttributes: shown } = info
  return {
    workflowId,
    runId,
    title: titleOf(connector, workflowId),
    status: status.name,
    outcome: shown.get(searchAttributes.outcome) ?? null,
    calls: shown.get(searchAttributes.calls) ?? null,
    rows: shown.get(searchAttributes.rows) ?? null,
    startedAtMs: startTime.getTime(),
    endedAtMs: closeTime?.getTime() ?? null,
    failure,
  }
}

function titleOf(connector: string, workflowId: string): string {
  const delivery = names.deliverWorkflow(connector, '')
  if (workflowId.startsWith(delivery)) return `Delivery to ${workflowId.slice(delivery.length)}`
  if (workflowId === names.syncNowWorkflow(connector)) return 'Manual sync'
  return workflowId === names.backfillWorkflow(connector) ? 'Backfill' : 'Sync'
}
