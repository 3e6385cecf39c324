import type { WorkflowHandle } from '@temporalio/client'
import type * as Workflows from '../../workflows/index.ts'
import { syncHelp } from './help-texts.ts'
import { names } from './names.ts'
import { startAttributes, type Place } from './place.ts'

/**
 * Starts a sync now, or finds the one that was so started and is still at work. It is not the Schedule's: triggered, that
 * would skip it without a word while it takes the run before for unfinished. Should one of its own be at work, the two
 * take turns (the connector's lease).
 */
export function startSync(place: Place, connector: string): Promise<WorkflowHandle> {
  const { client, taskQueue, hasSearchAttributes } = place
  return client.workflow.start('sync' satisfies keyof typeof Workflows, {
    workflowId: names.syncNowWorkflow(connector),
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue,
    args: [{ connector, mode: 'now' as const, hasSearchAttributes }],
    staticSummary: `Manual sync of ${connector}: everything new`,
    staticDetails: syncHelp,
    ...startAttributes(place, connector),
  })
}

/**
 * Has the planner look at once, beside the Schedule's runs: history is brought as far as the month allows it, and whatever else
 * is worth its call. Finds the one that is still at work.
 */
export function startBackfill(place: Place, connector: string): Promise<WorkflowHandle> {
  const { client, taskQueue, hasSearchAttributes } = place
  return client.workflow.start('sync' satisfies keyof typeof Workflows, {
    workflowId: names.backfillWorkflow(connector),
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue,
    args: [{ connector, mode: 'planned' as const, everyMs: 0, hasSearchAttributes }],
    staticSummary: `Backfill of ${connector}: history, as far as the month allows`,
    ...startAttributes(place, connector),
  })
}
