import type { Client } from '@temporalio/client'
import { until } from '../until.ts'

/** What the Temporal UI shows of a workflow. */
export interface WorkflowView {
  status: string
  /** The search attribute `QrsyncOutcome`. */
  outcome: string | undefined
  /** Its *Current Details*, in Markdown. */
  details: string
  /** *Last Failure* of the activity that is being retried. */
  failure: { type: string; message: string } | null
}

export async function viewWorkflow(client: Client, workflowId: string): Promise<WorkflowView> {
  const handle = client.workflow.getHandle(workflowId)
  const { status, raw, typedSearchAttributes } = await handle.describe()
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
  const failing = raw.pendingActivities?.find(({ lastFailure }) => lastFailure)?.lastFailure
  const outcome = typedSearchAttributes.getAll().find(({ key }) => key.name === 'QrsyncOutcome')?.value
  return {
    status: status.name,
    details: currentDetails,
    outcome: typeof outcome === 'string' ? outcome : undefined,
    failure: failing
      ? { type: failing.applicationFailureInfo?.type ?? '', message: failing.message ?? '' }
      : null,
  }
}

/** Waits until the UI shows a workflow like this. */
export async function untilSeen(
  client: Client,
  workflowId: string,
  isIt: (view: WorkflowView) => boolean,
): Promise<WorkflowView> {
  const views: WorkflowView[] = []
  await until(async () => {
    const view = await viewWorkflow(client, workflowId)
    return isIt(view) && views.push(view) > 0
  }, 250)
  const [view] = views
  if (view === undefined) throw new Error('nothing was seen')
  return view
}
