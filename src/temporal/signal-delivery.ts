import type * as Workflows from '../../workflows/index.ts'
import { deliveryHelp } from './help-texts.ts'
import { names } from './names.ts'
import { startAttributes, type Place } from './place.ts'

/** Starts the delivery to a destination, or signals the running one. A manual sync's request is urgent. */
export async function signalDelivery(
  place: Place,
  connector: string,
  destination: string,
  isUrgent: boolean,
): Promise<void> {
  const { client, taskQueue, hasSearchAttributes } = place
  await client.workflow.signalWithStart('deliver' satisfies keyof typeof Workflows, {
    workflowId: names.deliverWorkflow(connector, destination),
    taskQueue,
    args: [{ connector, destination, hasSearchAttributes }],
    signal: 'rowsLanded',
    signalArgs: [{ isUrgent }],
    staticSummary: `Delivery of ${connector} to ${destination}`,
    staticDetails: deliveryHelp,
    ...startAttributes(place, connector, { destination }),
  })
}
