import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliverySlice, StreamFailure } from '../activities/contract.ts'
import { activities } from './activities.ts'
import { deliveryDetails, failuresText, overdueText } from './details.ts'
import { tellWhenOverdue } from './overdue.ts'
import { showSearchAttributes, type Outcome } from './search-attributes.ts'
import { timeText } from './wait-text.ts'

export interface DeliverInput {
  connector: string
  destination: string
  hasSearchAttributes?: boolean
  /** What the previous run did, if it continued as new. */
  soFar?: DeliverSummary
}

export interface DeliverSummary {
  delivered: number
  rejected: number
}

/** Signals that rows may have landed past the destination's watermark. A manual sync's signal is urgent. */
const rowsLanded = defineSignal<[{ isUrgent: boolean }?]>('rowsLanded')

/**
 * Delivers everything in the ledger to one destination, then completes. A signal starts it. If the destination is down, only
 * this workflow retries: it makes no call to the API, and delays no other destination.
 */
export async function deliver(input: DeliverInput): Promise<DeliverSummary> {
  const { connector, destination } = input
  const summary = input.soFar ?? { delivered: 0, rejected: 0 }
  let standing: DeliverySlice['standing']
  let failures: StreamFailure[] = []
  const describe = (state: string) => {
    setCurrentDetails(deliveryDetails(state, destination, summary, standing, failures))
  }
  const show = (outcome: Outcome, state: string) => {
    describe(state)
    showSearchAttributes(input.hasSearchAttributes, {
      outcome,
      rows: summary.delivered,
    })
  }
  let isAsked = true
  let isUrgent = false
  // True for the first slice after a manual request. In later slices, failing streams keep their backoff.
  let retriesFailed = false
  setHandler(rowsLanded, (request) => {
    isAsked = true
    isUrgent ||= request?.isUrgent ?? false
    retriesFailed ||= request?.isUrgent ?? false
  })
  const working = `**Delivering** to ${destination}`
  show('working', working)
  while (isAsked) {
    const wasUrgent: boolean = isUrgent
    const request = { connector, destination, isUrgent: wasUrgent, retriesFailed }
    isAsked = false
    isUrgent = false
    retriesFailed = false
    describe(working)
    const work = activities.deliver.executeWithOptions({ summary: `delivers to ${destination}` }, [request])
    const slice = await tellWhenOverdue(work, (isOverdue) => {
      if (isOverdue) show('overdue', overdueText)
      else show('working', working)
    })
    standing = slice.standing ?? standing
    failures = slice.failures ?? []
    summary.delivered += slice.delivered
    summary.rejected += slice.rejected
    if (!slice.isDone) {
      isAsked = true
      isUrgent ||= wasUrgent
    } else if (slice.gatherUntilMs !== undefined || slice.retryAtMs !== undefined) {
      const wait = nextWait(slice)
      show(failures.length > 0 ? 'failing' : 'waiting', wait.state)
      // Gathered rows wait until the gathering ends. If no rows are gathered, a stream that does not fail is delivered at once.
      const isGathering = slice.gatherUntilMs !== undefined
      await condition(() => isUrgent || (isAsked && !isGathering), wait.forMs, { summary: wait.summary })
      isAsked = true
    }
    if (!isAsked) show(summary.rejected > 0 ? 'rejects' : 'done', '**Done**: it has every landed row')
    else if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof deliver>({ ...input, soFar: summary })
    }
  }
  return summary
}

interface NextWait {
  state: string
  summary: string
  forMs: number
}

/**
 * Returns what the workflow waits for after a slice: the next attempt at a failing stream, or the end of the gathering, whichever
 * comes first. Activities of earlier versions return no failures, so their histories only wait for the end of the gathering.
 */
function nextWait({
  gatherUntilMs,
  gatherForMs,
  retryAtMs,
  retryForMs,
  failures = [],
}: DeliverySlice): NextWait {
  const gathers = gatherUntilMs ?? Infinity
  if (retryAtMs !== undefined && retryAtMs <= gathers) {
    const summary = `${failuresText(failures)}; next try ${timeText(retryAtMs)}`
    return {
      state: `**Failing in part**: ${summary}. Other streams continue.`,
      summary,
      forMs: Math.max(retryForMs ?? retryAtMs - Date.now(), 1),
    }
  }
  return {
    state: `**Gathering** rows until ${timeText(gathers)}, to load them together`,
    summary: `gathers rows until ${timeText(gathers)}`,
    forMs: gatherForMs ?? Math.max(gathers - Date.now(), 1),
  }
}
