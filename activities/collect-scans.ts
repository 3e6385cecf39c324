import { readConnector } from '../src/ledger/connector-state.ts'
import { readDueCodes } from '../src/ledger/due-codes.ts'
import { readCodesInSearch } from '../src/ledger/read-gap-search.ts'
import { collectCode } from './collect-code.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { inLanes } from './lanes.ts'
import { searchLateScans } from './read-analytics.ts'

/** A slice this long is worth its place in the workflow's history, and lets deliveries begin while a long one goes on. */
const sliceMs = 3_000

/**
 * For a person who asks for a sync now: collects all that the list has told of, and then what came late, for a slice of time,
 * page by page; whoever comes next goes on behind the last landed one. Stops between pages only: a call that was paid is landed, also when the
 * worker is told to stop.
 */
export async function collectScans(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  const endsAtMs = Date.now() + sliceMs
  const isOver = () => result.wait !== null || signal.aborted || Date.now() >= endsAtMs
  while (!isOver()) {
    const { history_paused_at_ms, connected_at_ms } = await readConnector(deps.ledger, deps.connector)
    const withoutListedAtMs = history_paused_at_ms === null ? null : connected_at_ms
    const codes = await readDueCodes(deps.ledger, deps.connector, { limit: 1_000, withoutListedAtMs })
    if (codes.length === 0) {
      // What the list counts and the pages did not bring came late: a person who asks for all gets that too.
      const inSearch = await readCodesInSearch(deps.ledger, deps.connector)
      if (inSearch.length === 0) return { ...result, isDone: true }
      await inLanes(inSearch, result, isOver, (qrCodeId, mustStop) =>
        searchLateScans(deps, qrCodeId, { keptBack: 0, mustStop }, result),
      )
      continue
    }
    await inLanes(codes, result, isOver, (code, mustStop) =>
      collectCode(
        deps,
        code,
        { purpose: code.isFirst ? 'history' : 'scans', keptBack: 0, extent: 'all', mustStop },
        result,
      ),
    )
  }
  return result
}
