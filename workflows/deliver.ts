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
  /** What the run before this one did, where it was continued as new. */
  soFar?: DeliverSummary
}

export interface DeliverSummary {
  delivered: number
  rejected: number
}

/** There may be rows past the destination's watermark; urgent if a person waits for them. */
const rowsLanded = defineSignal<[{ isUrgent: boolean }?]>('rowsLanded')

/**
 * Delivers everything in the ledger to one destination, then completes; a signal starts it. An outage of the
 * destination stays here: this workflow retries, makes no call to the API, and delays no other destination.
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
  // Once for each request of a person: while their rows are delivered, failing streams keep their backoff.
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
      // Rows that are gathered wait for their time. Where nothing is gathered, a stream that does not fail goes at once.
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
 * What is waited for after a slice: the next attempt at a stream that fails, or the end of gathering, whichever comes first.
 * Results of earlier versions have no failures, so histories of theirs never get here with one.
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
