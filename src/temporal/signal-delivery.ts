import type { Client } from '@temporalio/client'
import type * as Workflows from '../../workflows/index.ts'
import { names } from './names.ts'

/** Starts the delivery to a destination, or tells the one under way that there is more; urgent where somebody waits. */
export async function signalDelivery(
  client: Client,
  connector: string,
  destination: string,
  isUrgent: boolean,
): Promise<void> {
  await client.workflow.signalWithStart('deliver' satisfies keyof typeof Workflows, {
    workflowId: names.deliverWorkflow(connector, destination),
    taskQueue: names.taskQueue(connector),
    args: [{ connector, destination }],
    signal: 'rowsLanded',
    signalArgs: [{ isUrgent }],
    staticSummary: `Delivery to ${destination}`,
  })
}
