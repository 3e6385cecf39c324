import type { Wait } from '../../src/budget/windows.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { concerns } from '../../src/ledger/failures/outage-scope.ts'
import { isFailureOfTarget } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'
import { readFailing } from './failing.ts'
import { identify } from './identify.ts'
import { listNextPage } from './list-pass.ts'
import { PageProgress } from './page-progress.ts'
import { Slice } from './slice.ts'

/** Only the counts in the list reveal late scans, also of codes without new scans. So a manual sync reads the whole list if it was not read within this time. */
const fullListEveryMs = 10 * 60_000

/**
 * Reads the account (if that is due) and the list of codes, for a manual sync. It reads the whole list, to detect late scans,
 * deleted codes and new codes without a scan. If it did so some minutes ago, it reads only as far as codes may have changed. If
 * the list fails twice, it stays incomplete, and the sync continues with the known codes.
 */
export async function refreshCatalogue(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const slice = new Slice(signal)
  try {
    slice.countCalls(await identify(deps))
    const { full_listed_at_ms: fullListedMs } = await readConnector(deps.ledger, deps.connector)
    const kind = deps.clock.now() - (fullListedMs ?? 0) >= fullListEveryMs ? 'full' : 'scanned'
    const progress = new PageProgress()
    let isDone = false
    while (!isDone && !signal.aborted) {
      isDone = await listNextPage(deps, kind, { keptBack: 0, progress })
      slice.countCalls(1)
    }
    return isDone ? slice.done() : slice.more()
  } catch (error) {
    slice.pieceEnded(error, deps.clock.now())
    const isHeldUp =
      isFailureOfTarget(error) || (error instanceof CallsSpent && error.wait.reason === 'outage')
    if (!isHeldUp) return slice.more()
    const wait = await waitForList(deps, isFailureOfTarget(error))
    if (wait === null) return slice.done()
    slice.wait(wait)
    return slice.more()
  }
}

/**
 * Decides how long to wait after the list, or the whole API, has failed. A manual sync waits for the API, and for a second try of
 * the list.
 *
 * @returns the wait, or null if the list was tried often enough
 */
async function waitForList(deps: ActivityDeps, isNew: boolean): Promise<Wait | null> {
  const { failureOf, outages } = await readFailing(deps)
  const list = { endpoint: 'GET /qr-codes', qrCodeId: '' }
  const isWholeApi = outages.some(({ endpoint }) => endpoint === null)
  const failure = failureOf(list)
  const isTriedOnce = failure !== null && failure.syncId === (deps.syncId ?? null)
  const isFirstTry = isNew && failure?.attempts === 1
  if (!isWholeApi && isTriedOnce && !isFirstTry) return null
  const standing = outages.filter((outage) => concerns(outage, list))
  const untilMs = Math.max(deps.clock.now() + 1, ...standing.map(({ nextProbeMs }) => nextProbeMs))
  return { reason: isWholeApi ? 'outage' : 'failures', untilMs }
}
