import { continueAsNew, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow'
import type { SliceResult } from '../activities/contract.ts'
import { activities } from './activities.ts'

export interface SyncInput {
  connector: string
  /** What the run before this one did, where it was continued as new. */
  soFar?: SyncSummary
}

export interface SyncSummary {
  /** Calls to the API. */
  calls: number
  /** Scans that the ledger did not have before. */
  scans: number
}

/**
 * One sync: the list of codes as far as it may have changed, then the scans of the codes that have new ones, then word to
 * the destinations. Where the budget makes it wait, it waits on a timer that says so; nothing is held meanwhile.
 */
export async function sync({ connector, soFar }: SyncInput): Promise<SyncSummary> {
  const summary = soFar ?? { calls: 0, scans: 0 }
  const run = async (what: string, slice: () => Promise<SliceResult>): Promise<SliceResult> => {
    setCurrentDetails(`**${what}**  \n${summary.calls} calls made, ${summary.scans} new scans landed`)
    const result = await slice()
    summary.calls += result.calls
    summary.scans += result.landed
    return result
  }

  // A run that continues another one has the list already.
  for (let isListed = soFar !== undefined; !isListed;) {
    const listed = await run('Reading the list of codes', () => activities.refreshCatalogue({ connector }))
    await waitFor(listed)
    isListed = listed.isDone
  }

  let collected: SliceResult
  do {
    collected = await run('Collecting new scans', () => activities.collectScans({ connector }))
    // Also when nothing is new: a destination may be new, or codes renamed.
    await activities.requestDelivery({ connector })
    await waitFor(collected)
    if (!collected.isDone && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof sync>({ connector, soFar: summary })
  } while (!collected.isDone)

  setCurrentDetails(`**Done**  \n${summary.calls} calls made, ${summary.scans} new scans landed`)
  return summary
}

const waitReasons = {
  minute: "the minute's calls are spent",
  month: "the month's calls are spent",
  retry_after: 'the API asks for a pause (Retry-After)',
  other_sync: 'another sync of this connector is at work',
}

async function waitFor({ wait }: SliceResult): Promise<void> {
  if (wait === null) return
  const summary = `${waitReasons[wait.reason]}: goes on ${new Date(wait.untilMs).toISOString()}`
  setCurrentDetails(`**Waiting**: ${summary}`)
  await sleep(Math.max(wait.untilMs - Date.now(), 1), { summary })
}
