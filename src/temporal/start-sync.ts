import type { WorkflowHandle } from '@temporalio/client'
import type * as Workflows from '../../workflows/index.ts'
import { syncHelp } from './help-texts.ts'
import { names } from './names.ts'
import { startAttributes, type Place } from './place.ts'

/**
 * Starts a manual sync now, or returns the one that is still running. It does not trigger the Schedule: the Schedule would
 * silently skip the run while its previous run is unfinished. If a planned sync is running, the two take turns (the connector's
 * lease).
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
 * Starts a planned sync now, besides the Schedule's runs, or returns the one that is still running. It fetches as much history as
 * the month allows, and whatever else is worth its call.
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
