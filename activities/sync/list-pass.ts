import { isLastPage, type Page } from '../../src/source/pagination.ts'
import { readConnector, type ConnectorState } from '../../src/ledger/connector/connector-state.ts'
import { landQrCodes } from '../../src/ledger/codes/land-qr-codes.ts'
import { readNewestListedScanMs } from '../../src/ledger/codes/due-codes.ts'
import { profileOf } from '../../src/ledger/connector/profile.ts'
import type { ListPassKind } from '../../src/ledger/connector/connector-tables.ts'
import { rowsPerPage, type ApiProfile } from '../../src/model/api-profile.ts'
import type { QrCode } from '../../src/streams/qr-codes.ts'
import { noteAlive } from '../../src/ledger/failures/outages.ts'
import { callSucceeded, targetOf } from './call-target.ts'
import type { ActivityDeps } from '../deps.ts'
import { lastScanMs, showsSortByLastScan } from './list-order.ts'
import { meteredCall } from './metered-call.ts'
import { failsOfStall, type PageProgress } from './page-progress.ts'

/**
 * Reads the next page of a pass over the list. A pass that is under way continues, whatever its kind.
 *
 * @param options.progress of the pages of this pass that the caller has read
 * @returns whether the pass has ended: with its last page, or because its pages make no progress
 */
export async function listNextPage(
  deps: ActivityDeps,
  wanted: ListPassKind,
  { keptBack, progress }: { keptBack: number; progress: PageProgress },
): Promise<boolean> {
  const { ledger, connector, clock } = deps
  const state = await readConnector(ledger, connector)
  const isUnderWay = state.list_pass_kind !== null
  const kind = state.list_pass_kind ?? wanted
  const pageNumber = isUnderWay ? state.list_pass_page : 1
  const startedMs = isUnderWay ? (state.list_pass_started_ms ?? clock.now()) : clock.now()
  const purpose = kind === 'scanned' ? 'list' : 'catalogue'
  const callPurpose = { endpoint: 'GET /qr-codes', purpose } as const
  const { call, answer: page } = await meteredCall(deps, { ...callPurpose, keptBack }, () =>
    deps.api.listQrCodes({ page: pageNumber, perPage: rowsPerPage, ...queryOf(kind, state) }),
  )
  const highMs = pageNumber === 1 ? newestScanMs(page.rows) : (state.list_pass_high_ms ?? 0)
  const isSorted =
    kind !== 'updated' &&
    showsSortByLastScan(page.rows) &&
    highMs >= (await readNewestListedScanMs(ledger, connector))
  const isFarEnough = isSorted && isBelow(page.rows, state.list_watermark_ms)
  const isLast = isLastPage(page) || (kind === 'scanned' && isFarEnough)
  const profile = shownBy(page, kind, state, pageNumber === 1 ? isSorted : null)
  const nextPage = isLast ? null : pageNumber + 1
  const why = isLast ? null : progress.next(page)
  const { setAside } = page
  const changed = await landQrCodes(
    ledger,
    call,
    page.rows,
    { kind, nextPage, highMs, startedMs, profile, setAside },
    clock.now(),
  )
  deps.observer.landed({ connector, stream: 'qr_codes', rows: changed })
  if (isLast) await callSucceeded(deps, callPurpose, true)
  // A page in between only shows that the API answers. The list works once it was read to its end.
  else await noteAlive(ledger, connector, targetOf(callPurpose), clock.now())
  if (why === null) return isLast
  return failsOfStall(deps, callPurpose, { why, page: pageNumber, sentAtMs: call.sentAtMs })
}

function queryOf(kind: ListPassKind, state: ConnectorState) {
  if (kind === 'updated' && state.updated_watermark !== null) {
    return { includeDeleted: true, updatedSince: state.updated_watermark }
  }
  return { sort: '-last_scanned_at', ...(kind === 'full' && { includeDeleted: true }) } as const
}

/** What a page reveals about the API; a page with few rows may reveal nothing. */
function shownBy(
  { rows, total }: Page<QrCode>,
  kind: ListPassKind,
  state: ConnectorState,
  isSorted: boolean | null,
): Partial<ApiProfile> {
  if (rows.length === 0) return {}
  const since = Date.parse(state.updated_watermark ?? '')
  const ignoresSince = rows.some(({ updated_at }) => updated_at === null || Date.parse(updated_at) < since)
  const hasTimes = rows.some(({ last_scanned_at }) => last_scanned_at !== null)
  const hasScans = rows.some(({ scan_count }) => (scan_count ?? 0) > 0)
  return {
    scanCount: rows.some(({ scan_count }) => scan_count !== null),
    // A code without a scan has no time of its last scan in any API.
    ...((hasTimes || hasScans || profileOf(state).lastScannedAt === null) && { lastScannedAt: hasTimes }),
    totals: total !== null,
    ...(kind === 'updated' && !Number.isNaN(since) && { updatedSince: !ignoresSince }),
    ...(kind !== 'updated' && rows.length > 1 && { sort: isSorted }),
  }
}

function newestScanMs(rows: readonly QrCode[]): number {
  return Math.max(0, ...rows.map(lastScanMs))
}

/**
 * If the list is sorted by last scan, every code that was scanned since comes before a page that ends below the
 * watermark. The watermark is the newest scan on the first page of the pass before: whatever changed after that
 * page was read was scanned later.
 */
function isBelow(rows: readonly QrCode[], watermarkMs: number | null): boolean {
  const last = rows.at(-1)
  return watermarkMs !== null && last !== undefined && lastScanMs(last) < watermarkMs
}
