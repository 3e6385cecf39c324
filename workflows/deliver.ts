import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliverySlice } from '../activities/contract.ts'
import { activities } from './activities.ts'
import { deliveryDetails, overdueText } from './details.ts'
import { tellWhenOverdue } from './overdue.ts'
import { showSearchAttributes, type Outcome } from './search-attributes.ts'
import { timeText } from './wait-text.ts'

export interface DeliverInput {
  connector: string
  destination: string
  hasSearchAttributes?: boolean
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
export async function deliver(input: DeliverInput): Promise<DeliverSummary> {
  const { connector, destination } = input
  const summary = input.soFar ?? { delivered: 0, rejected: 0 }
  let standing: DeliverySlice['standing']
  const describe = (state: string) => {
    setCurrentDetails(deliveryDetails(state, destination, summary, standing))
  }
  const show = (outcome: Outcome, state: string) => {
    describe(state)
    showSearchAttributes(input.hasSearchAttributes, {
      ...{ outcome, rows: summary.delivered },
    })
  }
  let isAsked = true
  let isUrgent = false
  setHandler(rowsLanded, (request) => {
    isAsked = true
    isUrgent ||= request?.isUrgent ?? false
  })
  const working = `**Delivering** to ${destination}`
  show('working', working)
  while (isAsked) {
    const wasUrgent: boolean = isUrgent
    isAsked = false
    isUrgent = false
    describe(working)
    const work = activities.deliver.executeWithOptions({ summary: `delivers to ${destination}` }, [
      { connector, destination, isUrgent: wasUrgent },
    ])
    const slice = await tellWhenOverdue(work, (isOverdue) => {
      if (isOverdue) show('overdue', overdueText)
      else show('working', working)
    })
    standing = slice.standing ?? standing
    summary.delivered += slice.delivered
    summary.rejected += slice.rejected
    if (!slice.isDone) {
      isAsked = true
      isUrgent ||= wasUrgent
    } else if (slice.gatherUntilMs !== undefined) {
      show('waiting', `**Gathering** rows until ${timeText(slice.gatherUntilMs)}, to go together`)
      const forMs = slice.gatherForMs ?? Math.max(slice.gatherUntilMs - Date.now(), 1)
      await condition(() => isUrgent, forMs, {
        summary: `gathers rows until ${timeText(slice.gatherUntilMs)}`,
      })
      isAsked = true
    }
    if (!isAsked) show(summary.rejected > 0 ? 'rejects' : 'done', '**Done**: it has all that is landed')
    else if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof deliver>({ ...input, soFar: summary })
  }
  return summary
}
