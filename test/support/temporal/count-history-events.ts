import type { Client } from '@temporalio/client'

/** Counts the events in the histories of all workflows whose id starts like this. */
export async function countHistoryEvents(client: Client, idPrefix: string): Promise<number> {
  let events = 0
  for await (const { workflowId, historyLength } of client.workflow.list({
    query: `WorkflowId STARTS_WITH '${idPrefix}'`,
  })) {
    if (workflowId.startsWith(idPrefix)) events += historyLength
  }
  return events
}
