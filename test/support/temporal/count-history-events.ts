import type { Client } from '@temporalio/client'

/** Events in the histories of all workflows whose id starts so. */
export async function countHistoryEvents(client: Client, idPrefix: string): Promise<number> {
  let events = 0
  for await (const { workflowId, historyLength } of client.workflow.list({
    query: `WorkflowId STARTS_WITH '${idPrefix}'`,
  })) {
    if (workflowId.startsWith(idPrefix)) events += historyLength
  }
  return events
}
