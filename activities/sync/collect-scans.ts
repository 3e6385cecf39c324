import { askForSetAside } from '../../src/ledger/scans/ask-again.ts'
import { readConnector } from '../../src/ledger/connector/connector-state.ts'
import { readDueCodes, type DueCode } from '../../src/ledger/codes/due-codes.ts'
import { lateScansEndpoint } from '../../src/ledger/failures/failures.ts'
import { concerns } from '../../src/ledger/failures/outage-scope.ts'
import { readCodesInSearch } from '../../src/ledger/scans/read-gap-search.ts'
import { targetOf } from './call-target.ts'
import { collectCode, purposeOf } from './collect-code.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'
import { readFailing, type Failing } from './failing.ts'
import { allLanes, inLanes } from './lanes.ts'
import { searchLateScans } from './read-analytics.ts'
import { Slice } from './slice.ts'
import { tryFailingAgain } from './try-failing-again.ts'

/**
 * Long enough to be worth its events in the workflow's history, and short enough for deliveries to start during
 * a long collection.
 */
const sliceMs = 3_000

const endpoint = 'GET /qr-codes/{id}/scans'

/**
 * For a manual sync: collects all scans that the list has reported, then late scans, for a slice of time, page by page. The next slice
 * continues after the last landed page. It stops only between pages: the result of a paid call always lands, also when the
 * worker stops. A failing code stays incomplete, and this sync does not try it again.
 */
export async function collectScans(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const slice = new Slice(signal, sliceMs)
  while (!slice.isOver) {
    const state = await readConnector(deps.ledger, deps.connector)
    const skipsHistory = state.history_paused_at_ms !== null
    const failing = await readFailing(deps)
    const limit = 1_000 + failing.failures.length
    const due = await readDueCodes(deps.ledger, state, { limit, skipsHistory })
    const nowMs = deps.clock.now()
    const codes = due.filter((code) => failing.heldUntilMs(targetOf(purposeOf(code))) <= nowMs)
    if (codes.length === 0) {
      await askForSetAside(deps.ledger, deps.connector, { nowMs, syncId: deps.syncId ?? null })
    }
    // Scans that the list counts but the pages did not contain arrived late: a manual sync fetches them too.
    const inSearch = codes.length > 0 ? [] : await readCodesInSearch(deps.ledger, deps.connector)
    const late = inSearch.filter((id) => searchHeldUntilMs(failing, id) <= nowMs)
    const isOut = outagesOf(failing).length > 0
    // During an outage, one code at a time shows whether it continues, preferably one that has not failed.
    const lanes = isOut ? 1 : allLanes
    if (codes.length === 0 && late.length === 0) {
      if (await tryFailingAgain(deps, slice, failing, { lanes, skipsHistory })) continue
      const retryMs = nextRetryMs(due, inSearch, failing)
      if (retryMs === null) return slice.done()
      slice.wait({ reason: 'failures', untilMs: retryMs })
      return slice.more()
    }
    const callsBefore = slice.calls
    const ordered = isOut ? healthyFirst(codes, failing) : codes
    if (codes.length === 0) {
      await inLanes(deps, slice, lanes, late, (id) => searchLateScans(deps, slice, id, { keptBack: 0 }))
    } else {
      await inLanes(deps, slice, lanes, ordered, (code) =>
        collectCode(deps, slice, code, { keptBack: 0, extent: 'all' }),
      )
    }
    if (isOut && slice.calls === callsBefore) {
      const outages = outagesOf(await readFailing(deps))
      const untilMs = Math.max(...outages.map(({ nextProbeMs }) => nextProbeMs))
      if (outages.length > 0) slice.wait({ reason: 'outage', untilMs })
    }
  }
  return slice.more()
}

const outagesOf = ({ outages }: Failing) =>
  outages.filter((outage) => concerns(outage, { endpoint, qrCodeId: '' }))

function healthyFirst(codes: readonly DueCode[], { failureOf }: Failing): DueCode[] {
  const attempts = (code: DueCode) => failureOf(targetOf(purposeOf(code)))?.attempts ?? 0
  return codes.toSorted((a, b) => attempts(a) - attempts(b))
}

/** A search needs both analytics and scans: it begins with analytics. */
function searchHeldUntilMs(failing: Failing, qrCodeId: string): number {
  const endpoints = [endpoint, lateScansEndpoint, 'GET /qr-codes/{id}/analytics']
  return Math.max(...endpoints.map((each) => failing.heldUntilMs({ endpoint: each, qrCodeId })))
}

/**
 * A target that failed for the first time in this sync is retried once. @returns null if this sync may retry
 * nothing
 */
function nextRetryMs(due: readonly DueCode[], inSearch: readonly string[], failing: Failing): number | null {
  const heldUntilsMs = [
    ...due.map((code) => failing.heldUntilMs(targetOf(purposeOf(code)))),
    ...inSearch.map((id) => searchHeldUntilMs(failing, id)),
  ]
  const nextMs = Math.min(...heldUntilsMs)
  return nextMs === Infinity ? null : nextMs
}
