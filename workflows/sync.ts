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
  /** `now`: a manual sync, which fetches everything new, whatever it costs. `planned`: fetches what the planner finds worth its calls. */
  mode?: 'now' | 'planned'
  /**
   * The Schedule's interval. A planned run ends when no call is worth it before the next run, which then checks again. 0 if the
   * Schedule has no interval (cron): the run then ends as soon as no call is worth it now.
   */
  everyMs?: number
  hasSearchAttributes?: boolean
  /** What the previous run did, if it continued as new. */
  soFar?: SyncSummary
  /** Whether the previous run read the list of codes to its end. Earlier versions always did so before they continued as new. */
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
 * Runs one sync. Each slice of work is an activity that stores its state in the ledger. If the budget, the API or the plan
 * requires a wait, the workflow waits on a timer whose summary says why, and occupies no worker meanwhile.
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
 * Reads the list of codes as far as it may have changed, then the scans of the codes that have new ones. If something fails, it
 * stays incomplete: the command that started the sync reads that from the ledger.
 */
async function syncNow({ input, soFar, run, waitFor }: Work): Promise<void> {
  const { connector } = input
  // The id stays the same when the workflow continues as new.
  const slice = { connector, syncId: workflowInfo().firstExecutionRunId }
  // If the previous run continued as new, it has read the list, unless it was still waiting to read it.
  let isListed = input.soFar !== undefined && input.isListed !== false
  while (!isListed) {
    const listed = await run('Reading the list of codes', () =>
      activities.refreshCatalogue.executeWithOptions({ summary: 'reads the list of codes' }, [slice]),
    )
    // During the wait, the deliveries send what has landed.
    const hasNews = listed.hasNews !== false
    if (listed.wait !== null && hasNews && patched('tells-before-waits')) {
      await tellDestinations({ connector })
    }
    await waitFor(listed)
    isListed = listed.isDone
    // The wait for the end of the month may take weeks, with many events.
    if (!isListed && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof sync>({ ...input, soFar, isListed: false })
    }
  }
  let collected: SliceResult
  do {
    collected = await run('Collecting new scans', () =>
      activities.collectScans.executeWithOptions({ summary: 'collects new scans' }, [slice]),
    )
    // Even if no scan is new: a destination may be new, or a code may have a new name.
    await tellDestinations({ connector, isUrgent: collected.isDone })
    await waitFor(collected)
    if (!collected.isDone && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof sync>({ ...input, soFar, isListed: true })
    }
  } while (!collected.isDone)
}

/** Makes the calls that the planner finds worth it, until the next run can check as well as this one. */
async function syncAsPlanned({ input, soFar, run, waitFor }: Work): Promise<void> {
  const { connector, everyMs = 0 } = input
  for (let isFirst = true; ; isFirst = false) {
    const slice = await run('Making the calls that are worth it', () =>
      activities.followPlan.executeWithOptions({ summary: 'makes the calls that are worth it' }, [
        { connector, isFirst },
      ]),
    )
    // Workers of older versions do not check whether destinations changed, so the first slice always starts the deliveries.
    const isTold = isFirst && slice.hasLookedAtTargets !== true
    if (isTold || (slice.hasNews ?? slice.calls > 0)) await tellDestinations({ connector })
    if (slice.wait !== null && endsRun(slice.wait, everyMs)) return
    await waitFor(slice)
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof sync>({ ...input, soFar })
  }
}

/** Whether to leave the rest to the next run: no call is worth it before then, or the next retry is later. */
function endsRun(wait: TimedWait, everyMs: number): boolean {
  if (wait.reason === 'plan') return Date.now() + lengthMs(wait) >= nextRunMs(everyMs)
  // Without an interval, the next run may be a day away, so this run waits for the retry.
  return wait.reason === 'failures' && everyMs > 0 && Date.now() + lengthMs(wait) >= nextRunMs(everyMs)
}

/** Workers of older versions set `untilMs` only. */
function lengthMs({ untilMs, forMs = untilMs - Date.now() }: TimedWait): number {
  return Math.max(forMs, 1)
}

function tellDestinations(request: DeliveryRequest): Promise<void> {
  return activities.requestDelivery.executeWithOptions({ summary: 'starts the deliveries' }, [request])
}

/** A Schedule with an interval starts its runs at whole multiples of the interval since 1970. */
function nextRunMs(everyMs: number): number {
  return everyMs === 0 ? 0 : (Math.floor(Date.now() / everyMs) + 1) * everyMs
}
