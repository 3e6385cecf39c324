import type { Client } from '@temporalio/client'
import { names } from './names.ts'
import { readRun, readSchedule } from './read-runs.ts'

/**
 * Stops planned calls. Running syncs, waiting ones too, end between two pages. Deliveries continue, because
 * they cost no call.
 *
 * @param note the reason, for other operators
 * @returns false if the connector was never started
 */
export async function pauseSyncs(client: Client, connector: string, note: string): Promise<boolean> {
  const schedule = await readSchedule(client, connector)
  if (schedule === null) return false
  await client.schedule.getHandle(names.schedule(connector)).pause(note)
  const backfill = names.backfillWorkflow(connector)
  const isBackfilling = (await readRun(client, backfill))?.status === 'RUNNING'
  for (const workflowId of [...schedule.runningWorkflowIds, ...(isBackfilling ? [backfill] : [])]) {
    await client.workflow.getHandle(workflowId).cancel()
  }
  return true
}

/** Continues by the Schedule. @returns false if the connector was never started */
export async function resumeSyncs(client: Client, connector: string, note: string): Promise<boolean> {
  if ((await readSchedule(client, connector)) === null) return false
  await client.schedule.getHandle(names.schedule(connector)).unpause(note)
  return true
}
