import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { activities } from './activities.ts'
import { timeText } from './wait-text.ts'

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

/** There may be rows past the destination's watermark; urgent where somebody waits for them. */
const rowsLanded = defineSignal<[{ isUrgent: boolean }?]>('rowsLanded')

/**
 * Brings one destination up to the ledger, then completes; started by the signal that there is something to do. Its
 * outage is its own: it retries here, costs no call of the API, and holds up nobody.
 */
export async function deliver({ connector, destination, soFar }: DeliverInput): Promise<DeliverSummary> {
  const summary = soFar ?? { delivered: 0, rejected: 0 }
  const told = () => `${summary.delivered} rows delivered to ${destination}, ${summary.rejected} rejected`
  let isAsked = true
  let isUrgent = false
  setHandler(rowsLanded, (request) => {
    isAsked = true
    isUrgent ||= request?.isUrgent ?? false
  })
  while (isAsked) {
    const wasUrgent: boolean = isUrgent
    isAsked = false
    isUrgent = false
    const slice = await activities.deliver({ connector, destination, isUrgent: wasUrgent })
    summary.delivered += slice.delivered
    summary.rejected += slice.rejected
    setCurrentDetails(told())
    if (!slice.isDone) {
      isAsked = true
      isUrgent ||= wasUrgent
    } else if (slice.gatherUntilMs !== undefined) {
      setCurrentDetails(
        `**Gathering** rows until ${timeText(slice.gatherUntilMs)}, to go together  \n${told()}`,
      )
      await condition(() => isUrgent, Math.max(slice.gatherUntilMs - Date.now(), 1))
      isAsked = true
    }
    if (isAsked && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof deliver>({ connector, destination, soFar: summary })
  }
  return summary
}
