import { isLastPage } from '../src/api/pagination.ts'
import { readConnector, type ConnectorState } from '../src/ledger/connector-state.ts'
import { landAccount } from '../src/ledger/land-account.ts'
import { landQrCodes } from '../src/ledger/land-qr-codes.ts'
import { readNewestListedScanMs } from '../src/ledger/newest-listed-scan.ts'
import type { ListPassKind } from '../src/ledger/schema.ts'
import type { QrCode } from '../src/model/qr-code.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { lastScanMs, showsSortByLastScan } from './list-order.ts'
import { CallsSpent, meteredCall } from './metered-call.ts'

const dayMs = 24 * 60 * 60 * 1000
/** The plan may change: asked again this often. */
const identifyEveryMs = dayMs
/** Deleted codes, and new ones without a scan, are only seen by a full pass. */
const fullPassEveryMs = dayMs
const codesPerPage = 100

/** Reads what the account is, when that is not known of late, and then the list of codes as far as it may have changed. */
export async function refreshCatalogue(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  try {
    result.calls += await identify(deps)
    while (!result.isDone && !signal.aborted) {
      result.isDone = await listNextPage(deps)
      result.calls += 1
    }
  } catch (error) {
    if (!(error instanceof CallsSpent)) throw error
    result.wait = error.wait
  }
  return result
}

/**
 * Asks who the key belongs to and what it may spend, unless that is known of late.
 *
 * @returns the calls it took
 */
export async function identify(deps: ActivityDeps): Promise<number> {
  const { ledger, connector, keyFingerprint } = deps
  const state = await readConnector(ledger, connector)
  const knownSinceMs = state.key_fingerprint === keyFingerprint ? (state.identified_at_ms ?? 0) : 0
  if (Date.now() - knownSinceMs < identifyEveryMs) return 0
  const { call, answer } = await meteredCall(deps, { endpoint: 'GET /me', purpose: 'identify' }, () =>
    deps.api.me(),
  )
  await landAccount(
    ledger,
    call,
    { account: answer, keyFingerprint, callsPerMinute: deps.callsPerMinute },
    Date.now(),
  )
  return 1
}

/** @returns whether that was the pass's last page */
async function listNextPage(deps: ActivityDeps): Promise<boolean> {
  const state = await readConnector(deps.ledger, deps.connector)
  const kind = state.list_pass_kind ?? nextPassKind(state)
  const pageNumber = state.list_pass_kind === null ? 1 : state.list_pass_page
  const { call, answer: page } = await meteredCall(deps, { endpoint: 'GET /qr-codes', purpose: 'list' }, () =>
    deps.api.listQrCodes({
      ...{ page: pageNumber, perPage: codesPerPage, sort: '-last_scanned_at' },
      ...(kind === 'full' && { includeDeleted: true }),
    }),
  )
  const highMs = pageNumber === 1 ? newestScanMs(page.rows) : (state.list_pass_high_ms ?? 0)
  const isSorted =
    showsSortByLastScan(page.rows) && highMs >= (await readNewestListedScanMs(deps.ledger, deps.connector))
  const isFarEnough = isSorted && isBelow(page.rows, state.list_watermark_ms)
  const isLast = isLastPage(page) || (kind === 'changes' && isFarEnough)
  await landQrCodes(
    deps.ledger,
    call,
    page.rows,
    { kind, nextPage: isLast ? null : pageNumber + 1, highMs },
    Date.now(),
  )
  return isLast
}

function nextPassKind(state: ConnectorState): ListPassKind {
  const isFullPassDue = Date.now() - (state.full_listed_at_ms ?? 0) >= fullPassEveryMs
  return isFullPassDue ? 'full' : 'changes'
}

function newestScanMs(rows: readonly QrCode[]): number {
  return Math.max(0, ...rows.map(lastScanMs))
}

/**
 * Sorted by last scan, a page that ends below the watermark has every code scanned since behind it. The watermark is
 * the newest scan on the first page of the pass before: whatever changed after that page was read, was scanned later.
 */
function isBelow(rows: readonly QrCode[], watermarkMs: number | null): boolean {
  const last = rows.at(-1)
  return watermarkMs !== null && last !== undefined && lastScanMs(last) < watermarkMs
}
