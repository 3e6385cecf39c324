import { readConnector } from '../src/ledger/connector-state.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { identify } from './identify.ts'
import { listNextPage } from './list-pass.ts'
import { CallsSpent } from './metered-call.ts'

/** Late scans only show in the counts, also of codes that nobody scans now: the whole list is read unless it was just before. */
const fullListEveryMs = 10 * 60_000

/**
 * For a person who asks for a sync now: reads what the account is, when that is not known of late, and then the list of
 * codes: all of it, for late scans, deleted codes and new ones without a scan; as far as it may have changed where that was done
 * some minutes ago.
 */
export async function refreshCatalogue(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  try {
    result.calls += await identify(deps)
    const { full_listed_at_ms: fullListedMs } = await readConnector(deps.ledger, deps.connector)
    const kind = deps.clock.now() - (fullListedMs ?? 0) >= fullListEveryMs ? 'full' : 'scanned'
    while (!result.isDone && !signal.aborted) {
      result.isDone = await listNextPage(deps, kind, 0)
      result.calls += 1
    }
  } catch (error) {
    if (!(error instanceof CallsSpent)) throw error
    result.wait = error.wait
  }
  return result
}
