import type { Insertable } from 'kysely'
import type { DayShape } from '../../budget/day-shape.ts'
import { observe, plausibleArrivals, type RateEvidence } from '../../budget/rate.ts'
import { hourMs } from '../../model/durations.ts'
import { isSameTime } from '../../model/rfc3339.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import type { QrCodeTable } from '../base/schema.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { accountedFor, countAfterListing, isSameCount } from './code-count.ts'
import type { KnownCode } from './known-codes.ts'

export interface Listing {
  state: ConnectorState
  shape: DayShape
  /** Whether the list reports when codes were last scanned: a code without that time then has no scan. */
  tellsTime: boolean
  startedMs: number
  nowMs: number
}

/**
 * Returns the code after this listing, or null if the listing contains nothing new.
 *
 * @param hasUncounted whether the list reports a scan that the count does not show
 */
export function afterListing(
  { state: { connector }, shape, tellsTime, startedMs, nowMs }: Listing,
  row: QrCode,
  known: KnownCode | undefined,
  hasUncounted: boolean,
): Insertable<QrCodeTable> | null {
  const json = JSON.stringify(row)
  const scanCount = countToKeep(row, known)
  const listed = { scanCount, lastScannedAt: row.last_scanned_at, tellsTime, startedMs, nowMs }
  const facts = countAfterListing(known, listed)
  const now = known && { ...known, ...facts }
  const due = hasUncounted || hasScansToCollect(row, now, tellsTime)
  const isKnown = known?.row === json && isSameCount(known, facts)
  if (isKnown && (known.due_since_ms !== null || !due)) return null
  const pending = isDeleted(row) ? 0 : pendingAfter(row, now, { isTold: due && tellsTime, hasUncounted })
  const evidence = evidenceAfter(row, now, shape, nowMs)
  // For a known code only the columns that `upsertCodes` names are written. Every row must have the same
  // columns: a column that only some rows had would become null, and not its default, in the others.
  return {
    landed_scans: 0,
    collecting_scan_count: null,
    collecting_last_scanned_at: null,
    collected_scan_count: null,
    collected_last_scanned_at: null,
    collected_at_ms: null,
    cursor_from: null,
    cursor_page: 1,
    first_listed_at_ms: startedMs,
    connector,
    id: row.id,
    seq: 0,
    row: json,
    deleted: isDeleted(row) ? 1 : 0,
    listed_scan_count: scanCount,
    listed_last_scanned_at: row.last_scanned_at,
    due_since_ms: isDeleted(row) ? null : (known?.due_since_ms ?? (due ? nowMs : null)),
    pending,
    pending_at_ms: nowMs,
    empty_at_ms: pending === 0 ? nowMs : (known?.empty_at_ms ?? null),
    rate_arrivals: evidence.arrivals,
    rate_hours: evidence.hours,
    observed_at_ms: nowMs,
    landed_at_ms: nowMs,
    ...facts,
  }
}

/** The count of a deleted code may be gone with it. Its last count then says what is missing. */
function countToKeep(row: QrCode, known: KnownCode | undefined): number | null {
  const before = known?.listed_scan_count ?? null
  if (!isDeleted(row) || before === null) return row.scan_count
  return Math.max(row.scan_count ?? 0, before)
}

function isDeleted(row: QrCode): boolean {
  return row.deleted_at !== null || row.status === 'deleted'
}

/**
 * Scans that the API has and the ledger has not, without late ones. If the API sends no count, 1 if there are
 * any.
 */
function pendingAfter(
  row: QrCode,
  known: KnownCode | undefined,
  { isTold, hasUncounted }: { isTold: boolean; hasUncounted: boolean },
): number {
  if (row.scan_count === null) return Math.max(known?.pending ?? 0, isTold ? 1 : 0)
  // After a fall, it is unknown how many of the counted scans are new. Scans that waited before still wait;
  // otherwise assume one.
  const unsettled = known?.count_unsettled === 1 ? Math.max(known.pending, 1) : 0
  // How many scans a history still has is known only as of its last page. But it is certain that there are
  // newer ones.
  const hasNewer = known?.history !== null && known !== undefined && isTold && isNewer(row, known)
  return Math.max(row.scan_count - accountedFor(known), unsettled, hasNewer || hasUncounted ? 1 : 0)
}

/**
 * Whether the count may hide new scans: nothing seems to wait, but the list reports a later scan than those collected. That is so if
 * statistics were reset, and as many scans arrived afterwards as the count lost.
 */
export function mayHideScans(row: QrCode, known: KnownCode, tellsTime: boolean): boolean {
  return (
    tellsTime &&
    row.scan_count !== null &&
    !isDeleted(row) &&
    known.collected_at_ms !== null &&
    !hasScansToCollect(row, known, tellsTime) &&
    isNewer(row, known)
  )
}

/** Whether the list reports a scan after the cursor of the code's new scans. */
function isNewer(
  row: QrCode,
  { collected_last_scanned_at: collected, cursor_from: from }: KnownCode,
): boolean {
  const knownMs = [collected, from].map((time) => (time === null ? 0 : Date.parse(time)))
  return row.last_scanned_at !== null && Date.parse(row.last_scanned_at) > Math.max(...knownMs)
}

/** Assume that a new code was scanned at the same rate since it was created, until more is known. */
const firstEvidenceHours = 48

function evidenceAfter(
  row: QrCode,
  known: KnownCode | undefined,
  shape: DayShape,
  nowMs: number,
): RateEvidence {
  if (known === undefined) {
    const ageHours = row.created_at === null ? 0 : (nowMs - Date.parse(row.created_at)) / hourMs
    if (row.scan_count === null || ageHours < 1) return { arrivals: 0, hours: 0 }
    const hours = Math.min(ageHours, firstEvidenceHours)
    return { arrivals: plausibleArrivals((row.scan_count / ageHours) * hours), hours }
  }
  const evidence = { arrivals: known.rate_arrivals, hours: known.rate_hours }
  if (row.scan_count === null || known.observed_at_ms === null) return evidence
  const arrivals = Math.max(row.scan_count - accountedFor(known) - known.pending, 0)
  return observe(evidence, arrivals, shape.hoursBetween(known.observed_at_ms, nowMs))
}

/**
 * A code is worth a call if its count differs both from what we have (the last collection may have contained
 * scans that were counted after the list was read) and from the count listed then (a count that we cannot reach
 * must not cost calls forever). If the API sends no count, the time of the last scan decides; if it sends
 * neither, only a call shows.
 */
function hasScansToCollect(row: QrCode, known: KnownCode | undefined, tellsTime: boolean): boolean {
  if (row.scan_count !== null) {
    if (known?.count_unsettled === 1) return true
    // After a fall the old numbers say nothing: the same count may mean other scans.
    if (known !== undefined && known.count_base > 0) return row.scan_count > accountedFor(known)
    return (
      row.scan_count !== (known?.landed_scans ?? 0) + (known?.set_aside_scans ?? 0) &&
      row.scan_count !== (known?.collected_scan_count ?? null)
    )
  }
  if (tellsTime) return !isSameTime(row.last_scanned_at, known?.collected_last_scanned_at ?? null)
  return true
}
