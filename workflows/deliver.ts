import {
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { activities } from './activities.ts'

export interface DeliverInput {
  connector: string
  destination: string
  /** What the run before this one did, where it was continued as new. */
  soFar?: DeliverSummary
}

export interface DeliverSummary {
  delivered: number
  rejected: number
}

/** There may be rows past the destination's watermark. */
const rowsLanded = defineSignal('rowsLanded')

/**
 * Brings one destination up to the ledger, then completes; started by the signal that there is something to do. Its
 * outage is its own: it retries here, costs no call of the API, and holds up nobody.
 */
export async function deliver({ connector, destination, soFar }: DeliverInput): Promise<DeliverSummary> {
  const summary = soFar ?? { delivered: 0, rejected: 0 }
  let isAsked = true
  setHandler(rowsLanded, () => {
    isAsked = true
  })
  while (isAsked) {
    isAsked = false
    const slice = await activities.deliver({ connector, destination })
    summary.delivered += slice.delivered
    summary.rejected += slice.rejected
    setCurrentDetails(`${summary.delivered} rows delivered to ${destination}, ${summary.rejected} rejected`)
    if (!slice.isDone) isAsked = true
    if (isAsked && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof deliver>({ connector, destination, soFar: summary })
  }
  return summary
}
