import type { Selectable, Transaction } from 'kysely'
import { observe } from '../../budget/rate.ts'
import { isSameTime } from '../../model/rfc3339.ts'
import type { ReservedCall } from '../calls/calls.ts'
import { readDayShape } from '../calls/hour-counts.ts'
import { accountedFor, clockToleranceMs, countAfterCollection } from '../codes/code-count.ts'
import { countLandedBetween, type DueCode } from '../codes/due-codes.ts'
import type { CodeSettings } from '../codes/read-plan-input.ts'
import { updateCode } from '../codes/update-code.ts'
import { readConnector, type ConnectorState } from '../connector/connector-state.ts'
import { profileOf } from '../connector/profile.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { landRows, type LandedPage, type ScansPage } from './land-rows.ts'
import { moveHistory } from './move-history.ts'
import { newestLandedMs } from './newest-landed.ts'

type Code = Selectable<QrCodeTable>

/**
 * Lands a page of a code's scans with the cursor and the call, all or nothing. Leaves existing rows as they
 * are: the cursor is inclusive, so the last scans of the previous collection always come again.
 *
 * @param settingsOf returns the code's freshness target, which may have been missed
 */
export async function landScans(
  ledger: Ledger,
  call: ReservedCall,
  code: DueCode,
  page: ScansPage,
  nowMs: number,
  settingsOf: CodeSettings | null = null,
): Promise<LandedPage> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    const rows = await landRows(transaction, call, code.id, page, nowMs)
    if (rows === null) return nothingLanded(await readConnector(transaction, connector))
    if (code.untilMs !== null) return moveHistory(transaction, code, page, rows, nowMs)
    const { state, known, landed, lagsMs, landedScans, setAsideScans, newlyKnown, profile } = rows
    const pending = page.isLast ? 0 : (page.remaining ?? Math.max(known.pending - newlyKnown, 1))
    const counted = { landed_scans: landedScans, set_aside_scans: setAsideScans }
    const facts = {
      ...counted,
      ...waitingAfter(state, known, newlyKnown, pending, nowMs),
      ...(isTargetMissed(known, lagsMs, settingsOf) && { missed_at_ms: nowMs }),
    }
    const update = (values: Partial<Code>) => updateCode(transaction, { connector, id: code.id }, values)

    if (known.cursor_page !== code.cursor.page || known.cursor_from !== code.cursor.from) {
      // Another worker took over this code and is ahead of us, or its history has its own cursor now: keep the rows, and leave the
      // cursor and the count of waiting scans.
      await update(counted)
      return { landed, lagsMs, pending: known.pending, cursor: null, profile }
    }
    const isBegun = known.cursor_page > 1
    const highMs = isBegun ? known.collecting_high_ms : boundOfFirstPage(call, code, page)
    if (!page.isLast) {
      const cursor = { from: code.cursor.from, page: page.nextPage }
      await update({
        ...facts,
        cursor_page: cursor.page,
        collecting_scan_count: code.listing.scanCount,
        collecting_last_scanned_at: code.listing.lastScannedAt,
        collecting_high_ms: highMs,
      })
      return { landed, lagsMs, pending, cursor, profile }
    }
    // A single page shows one moment: no scan can have been inserted before it.
    const boundMs = isBegun || page.isDescending ? highMs : null
    const newestOfPageMs = newestMs(page) ?? (isBegun ? await newestLandedMs(transaction, known) : null)
    const newest = page.isDescending ? boundMs : newestOfPageMs
    const cursor = { from: nextFrom(code, newest, { boundMs, nowMs }), page: 1 }
    const heldScans = landedScans + setAsideScans
    const isAgain = isListedAnew(known, code, heldScans + (known.history?.pending ?? 0))
    // The list with which this collection began is older than the fall of the count: the next one settles the
    // count.
    const isStale = known.count_unsettled === 1 && isAgain
    // While the history is open, the missing scans may be its own.
    const isCounted = !isStale && known.history === null
    // The list has reported more scans meanwhile, and reports each change once: keep that they wait.
    const missing = (known.listed_scan_count ?? 0) - accountedFor({ ...known, ...counted })
    await update({
      ...facts,
      cursor_from: cursor.from,
      cursor_page: cursor.page,
      collecting_high_ms: null,
      collected_scan_count: code.listing.scanCount,
      collected_last_scanned_at: code.listing.lastScannedAt,
      collected_at_ms: nowMs,
      ...(isCounted && (await countAfter(transaction, known, code, heldScans, nowMs))),
      ...(isAgain ? { pending: Math.max(missing, 1) } : { due_since_ms: null }),
    })
    return { landed, lagsMs, pending, cursor, profile }
  })
}

/** After a code was erased. */
const nothingLanded = (state: ConnectorState): LandedPage => ({
  landed: 0,
  lagsMs: [],
  pending: 0,
  cursor: null,
  profile: profileOf(state),
})

function isTargetMissed(known: Code, lagsMs: readonly number[], settingsOf: CodeSettings | null): boolean {
  if (settingsOf === null || lagsMs.length === 0) return false
  const { name } = JSON.parse(known.row) as { name: string | null }
  const { targetMs } = settingsOf({ id: known.id, name })
  return targetMs !== null && Math.max(...lagsMs) > targetMs
}

/** The values that the planner uses: how many scans wait, when none waited, and how fast they arrive. */
function waitingAfter(
  state: ConnectorState,
  known: Code,
  landed: number,
  pending: number,
  nowMs: number,
): Partial<Code> {
  const waiting = {
    pending,
    pending_at_ms: nowMs,
    observed_at_ms: nowMs,
    ...(pending === 0 && { empty_at_ms: nowMs }),
  }
  // A first collection does not show over what time its scans arrived.
  const isFirst = known.collected_at_ms === null && known.cursor_from === null
  if (known.observed_at_ms === null || isFirst) return waiting
  const hours = readDayShape(state, nowMs).hoursBetween(known.observed_at_ms, nowMs)
  const arrivals = Math.max(landed + pending - known.pending, 0)
  const evidence = observe({ arrivals: known.rate_arrivals, hours: known.rate_hours }, arrivals, hours)
  return { ...waiting, rate_arrivals: evidence.arrivals, rate_hours: evidence.hours }
}

/**
 * A time before which every scan was listed when a collection began. If the newest came first, it is the newest
 * scan. Otherwise it is the later of what the list had reported and a time some minutes ago.
 */
function boundOfFirstPage(call: ReservedCall, { listing }: DueCode, page: ScansPage): number | null {
  if (page.isDescending) return newestMs(page)
  const listedMs = listing.lastScannedAt === null ? 0 : Date.parse(listing.lastScannedAt)
  return Math.max(listedMs, call.sentAtMs - clockToleranceMs)
}

/** Malformed rows count if their time is readable. Otherwise every call would fetch them again. */
function newestMs({ rows, setAside = [] }: ScansPage): number | null {
  const times = [
    ...rows.map(({ scanned_at }) => Date.parse(scanned_at)),
    ...setAside.map(({ timeMs }) => timeMs ?? null).filter((timeMs) => timeMs !== null),
  ]
  return times.length === 0 ? null : Math.max(...times)
}

async function countAfter(
  transaction: Transaction<LedgerSchema>,
  known: Code,
  { listing }: DueCode,
  heldScans: number,
  nowMs: number,
) {
  const { connector, id, count_unsettled, landed_at_ms: listedMs } = known
  const isUnsettled = count_unsettled === 1 && listedMs > 0
  const newer = isUnsettled
    ? await countLandedBetween(transaction, connector, id, { fromMs: listedMs + 1, toMs: null })
    : 0
  return countAfterCollection(known, listing.scanCount, { heldScans, newer }, nowMs)
}

/**
 * Whether the list reported more scans during this collection (it was interrupted), so that the code is due
 * again.
 */
function isListedAnew(known: Code, { listing }: DueCode, heldScans: number): boolean {
  const isSame =
    known.listed_scan_count === listing.scanCount &&
    isSameTime(known.listed_last_scanned_at, listing.lastScannedAt)
  return !isSame && (known.count_unsettled === 1 || known.listed_scan_count !== heldScans)
}

/**
 * Returns where the next collection starts: at the newest scan of this one. (Newer ones may have landed,
 * because a day was read again for late scans.) If the collection needed more than one page, it starts no later
 * than the newest scan that existed at its beginning: a scan of a later millisecond may have been inserted into
 * pages that were read already. It never starts later than now, because a scan whose time is in the future must
 * not hide those before it. Rounded down to the millisecond, so that an inclusive `from` misses no scan of the
 * same millisecond.
 */
function nextFrom(
  { cursor }: DueCode,
  newest: number | null,
  { boundMs, nowMs }: { boundMs: number | null; nowMs: number },
): string | null {
  if (newest === null) return cursor.from
  const nextMs = Math.min(newest, boundMs ?? nowMs, nowMs)
  return cursor.from !== null && Date.parse(cursor.from) > nextMs
    ? cursor.from
    : new Date(nextMs).toISOString()
}
