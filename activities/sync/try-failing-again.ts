import { readCode, readHistory } from '../../src/ledger/codes/due-codes.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { historyEndpoint, type Failure } from '../../src/ledger/failures/failures.ts'
import type { ActivityDeps } from '../deps.ts'
import { collectCode } from './collect-code.ts'
import { readFailing, type Failing } from './failing.ts'
import { inLanes } from './lanes.ts'
import { readAnalytics } from './read-analytics.ts'
import type { Slice } from './slice.ts'

const scansEndpoint = 'GET /qr-codes/{id}/scans'
const analyticsEndpoint = 'GET /qr-codes/{id}/analytics'
const triedAgain = [scansEndpoint, historyEndpoint, analyticsEndpoint]

/**
 * Retries the failing codes that have nothing to fetch, once in each manual sync. The planner had called them because it expected
 * scans there. Without new scans nothing else would call them, and `status` would report them as failing although they may work.
 *
 * @param options.skipsHistory skips histories, because the backfill is paused
 * @returns whether to continue: the slice is over, or fewer codes are left to retry. False if nothing is left, or if an outage
 *   prevents the retries
 */
export async function tryFailingAgain(
  deps: ActivityDeps,
  slice: Slice,
  failing: Failing,
  { lanes, skipsHistory }: { lanes: number; skipsHistory: boolean },
): Promise<boolean> {
  const untried = untriedOf(deps, failing)
  if (untried.length === 0) return false
  await inLanes(deps, slice, lanes, untried, (failure) => callAgain(deps, slice, failure, skipsHistory))
  return slice.isOver || untriedOf(deps, await readFailing(deps)).length < untried.length
}

function untriedOf({ syncId = null }: ActivityDeps, { failures }: Failing): Failure[] {
  return failures.filter(
    ({ endpoint, syncId: triedBy }) => triedBy !== syncId && triedAgain.includes(endpoint),
  )
}

async function callAgain(
  deps: ActivityDeps,
  slice: Slice,
  { endpoint, qrCodeId }: Failure,
  skipsHistory: boolean,
): Promise<void> {
  if (endpoint === analyticsEndpoint) {
    await readAnalytics(deps, slice, qrCodeId, { keptBack: 0, untilDay: null })
    return
  }
  if (endpoint === historyEndpoint && skipsHistory) return
  const state = await readConnector(deps.ledger, deps.connector)
  const read = endpoint === historyEndpoint ? readHistory : readCode
  const code = await read(deps.ledger, state, qrCodeId)
  if (code !== null) await collectCode(deps, slice, code, { keptBack: 0, extent: 'all' })
}
