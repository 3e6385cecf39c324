import {
  continueAsNew,
  isCancellation,
  patched,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliveryRequest, SliceResult, SyncStanding, TimedWait } from '../activities/contract.ts'
import { activities } from './activities.ts'
import { overdueText, syncDetails } from './details.ts'
import { tellWhenOverdue } from './overdue.ts'
import { showSearchAttributes, type Outcome } from './search-attributes.ts'
import { waitText } from './wait-text.ts'

export interface SyncInput {
  connector: string
  /** A person asks (`now`): all that is new, whatever it costs. Else (`planned`) what the planner finds worth its calls. */
  mode?: 'now' | 'planned'
  /**
   * The Schedule's interval: a planned run ends when nothing is worth a call before the next one, which then looks. Without
   * one (0) its runs have times of their own: what is not worth a call by then, waits for the next.
   */
  everyMs?: number
  hasSearchAttributes?: boolean
  /** What the run before this one did, where it was continued as new. */
  soFar?: SyncSummary
  /** Whether that run has read the list of codes to its end; earlier versions did before they were continued. */
  isListed?: boolean
}

export interface SyncSummary {
  /** Calls to the API. */
  calls: number
  /** Rows that the ledger did not have before: scans, and changed rows of analytics. */
  scans: number
}

/** A running sync: runs its slices, waits, and shows both. */
interface Work {
  input: SyncInput
  soFar: SyncSummary
  run: (what: string, slice: () => Promise<SliceResult>) => Promise<SliceResult>
  waitFor: (slice: SliceResult) => Promise<void>
}

/**
 * One sync. Each slice of work is an activity that stores its state in the ledger. If the budget, the API or the plan
 * makes it wait, it waits on a timer whose summary says why, and occupies no worker meanwhile.
 */
export async function sync(input: SyncInput): Promise<SyncSummary> {
  const { connector } = input
  const soFar = input.soFar ?? { calls: 0, scans: 0 }
  let standing: SyncStanding | undefined
  const show = (outcome: Outcome, state: string) => {
    setCurrentDetails(syncDetails(state, soFar, standing))
    const sinceMs = standing?.waitingSinceMs ?? null
    showSearchAttributes(input.hasSearchAttributes, {
      outcome,
      calls: soFar.calls,
      rows: soFar.scans,
      lagMs: sinceMs === null ? null : Date.now() - sinceMs,
    })
  }
  const work: Work = {
    input,
    soFar,
    async run(what, slice) {
      setCurrentDetails(syncDetails(`**${what}**`, soFar, standing))
      const result = await tellWhenOverdue(slice(), (isOverdue) => {
        if (isOverdue) show('overdue', overdueText)
        else show('working', `**${what}**`)
      }).catch(async (error: unknown) => {
        // Rows that landed before the failure are still delivered.
        if (!isCancellation(error) && patched('tells-after-failures')) await tellDestinations({ connector })
        throw error
      })
      soFar.calls += result.calls
      soFar.scans += result.landed
      standing = result.standing
      return result
    },
    async waitFor({ wait }) {
      if (wait === null) return
      const summary = waitText(wait)
      show('waiting', `**Waiting**: ${summary}`)
      await sleep(lengthMs(wait), { summary })
    },
  }
  show('working', '**Starting**')
  await (input.mode === 'planned' ? syncAsPlanned : syncNow)(work)
  show('done', '**Done**')
  return soFar
}

/**
 * The list of codes as far as it may have changed, then the scans of the codes that have new ones. What fails stays
 * incomplete: the command that started the sync reads it from the ledger.
 */
async function syncNow({ input, soFar, run, waitFor }: Work): Promise<void> {
  const { connector } = input
  // Stays the same when it is continued as new.
  const slice = { connector, syncId: workflowInfo().firstExecutionRunId }
  // A run that continues another one has the list already, unless that one has waited for it.
  let isListed = input.soFar !== undefined && input.isListed !== false
  while (!isListed) {
    const listed = await run('Reading the list of codes', () =>
      activities.refreshCatalogue.executeWithOptions({ summary: 'reads the list of codes' }, [slice]),
    )
    // While it waits, destinations get what is there.
    const hasNews = listed.hasNews !== false
    if (listed.wait !== null && hasNews && patched('tells-before-waits')) {
      await tellDestinations({ connector })
    }
    await waitFor(listed)
    isListed = listed.isDone
    // The end of the month may be weeks away.
    if (!isListed && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof sync>({ ...input, soFar, isListed: false })
    }
  }
  let collected: SliceResult
  do {
    collected = await run('Collecting new scans', () =>
      activities.collectScans.executeWithOptions({ summary: 'collects new scans' }, [slice]),
    )
    // Also when nothing is new: a destination may be new, or codes renamed.
    await tellDestinations({ connector, isUrgent: collected.isDone })
    await waitFor(collected)
    if (!collected.isDone && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof sync>({ ...input, soFar, isListed: true })
    }
  } while (!collected.isDone)
}

/** Whatever is worth its call, until the next run may look as well as this one. */
async function syncAsPlanned({ input, soFar, run, waitFor }: Work): Promise<void> {
  const { connector, everyMs = 0 } = input
  for (let isFirst = true; ; isFirst = false) {
    const slice = await run('Making the calls that are worth it', () =>
      activities.followPlan.executeWithOptions({ summary: 'makes the calls that are worth it' }, [
        { connector, isFirst },
      ]),
    )
    // Workers of older versions did not look at the destinations: the first slice told them in any case.
    const isTold = isFirst && slice.hasLookedAtTargets !== true
    if (isTold || (slice.hasNews ?? slice.calls > 0)) await tellDestinations({ connector })
    if (slice.wait !== null && endsRun(slice.wait, everyMs)) return
    await waitFor(slice)
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof sync>({ ...input, soFar })
  }
}

/** Whether what is left is for the next run: nothing is worth a call before it, or a retry comes later than it. */
function endsRun(wait: TimedWait, everyMs: number): boolean {
  if (wait.reason === 'plan') return Date.now() + lengthMs(wait) >= nextRunMs(everyMs)
  // Without an interval the next run may be a day away: the retry is waited for.
  return wait.reason === 'failures' && everyMs > 0 && Date.now() + lengthMs(wait) >= nextRunMs(everyMs)
}

/** Workers of before told only the time. */
function lengthMs({ untilMs, forMs = untilMs - Date.now() }: TimedWait): number {
  return Math.max(forMs, 1)
}

function tellDestinations(request: DeliveryRequest): Promise<void> {
  return activities.requestDelivery.executeWithOptions({ summary: 'starts the deliveries' }, [request])
}

/** A Schedule with an interval starts its runs at whole multiples of it since 1970. */
function nextRunMs(everyMs: number): number {
  return everyMs === 0 ? 0 : (Math.floor(Date.now() / everyMs) + 1) * everyMs
}
