import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { concerns } from '../../src/ledger/failures/outage-scope.ts'
import { isFailureOfTarget } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'
import { readFailing } from './failing.ts'
import { identify } from './identify.ts'
import { listNextPage } from './list-pass.ts'
import { noteStop } from './note-stop.ts'
import { PageProgress } from './page-progress.ts'

/** Late scans only show in the counts, also of codes that nobody scans now: the whole list is read unless it was just before. */
const fullListEveryMs = 10 * 60_000

/**
 * For a person who asks for a sync now: reads what the account is, when that is not known of late, and then the list of
 * codes: all of it, for late scans, deleted codes and new ones without a scan; as far as it may have changed where that was done
 * some minutes ago. A list that fails twice is left incomplete: the codes that are known go on.
 */
export async function refreshCatalogue(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  try {
    result.calls += await identify(deps)
    const { full_listed_at_ms: fullListedMs } = await readConnector(deps.ledger, deps.connector)
    const kind = deps.clock.now() - (fullListedMs ?? 0) >= fullListEveryMs ? 'full' : 'scanned'
    const progress = new PageProgress()
    while (!result.isDone && !signal.aborted) {
      result.isDone = await listNextPage(deps, kind, { keptBack: 0, progress })
      result.calls += 1
    }
  } catch (error) {
    noteStop(deps, error, result)
    const isHeldUp =
      isFailureOfTarget(error) || (error instanceof CallsSpent && error.wait.reason === 'outage')
    if (isHeldUp) return { ...result, ...(await afterFailure(deps, isFailureOfTarget(error))) }
  }
  return result
}

/** The list fails, or the API as a whole: that is waited for, and of the list alone so is a second try. */
async function afterFailure(
  deps: ActivityDeps,
  isNew: boolean,
): Promise<Pick<SliceResult, 'isDone' | 'wait'>> {
  const { failureOf, outages } = await readFailing(deps)
  const list = { endpoint: 'GET /qr-codes', qrCodeId: '' }
  const isWholeApi = outages.some(({ endpoint }) => endpoint === null)
  const failure = failureOf(list)
  const isTriedOnce = failure !== null && failure.syncId === (deps.syncId ?? null)
  const isFirstTry = isNew && failure?.attempts === 1
  if (!isWholeApi && isTriedOnce && !isFirstTry) return { isDone: true, wait: null }
  const standing = outages.filter((outage) => concerns(outage, list))
  const untilMs = Math.max(deps.clock.now() + 1, ...standing.map(({ nextProbeMs }) => nextProbeMs))
  return { isDone: false, wait: { reason: isWholeApi ? 'outage' : 'failures', untilMs } }
}
