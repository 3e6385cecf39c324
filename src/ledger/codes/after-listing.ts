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
  /** Whether the list tells when codes were last scanned: a code without that time then has no scan. */
  tellsTime: boolean
  startedMs: number
  nowMs: number
}

/** The code as it stands after this listing, or null when the listing brought nothing new. */
export function afterListing(
  { state: { connector }, shape, tellsTime, startedMs, nowMs }: Listing,
  row: QrCode,
  known: KnownCode | undefined,
): Insertable<QrCodeTable> | null {
  const json = JSON.stringify(row)
  const scanCount = countToKeep(row, known)
  const listed = { scanCount, lastScannedAt: row.last_scanned_at, tellsTime, startedMs, nowMs }
  const facts = countAfterListing(known, listed)
  const now = known && { ...known, ...facts }
  const due = hasScansToCollect(row, now, tellsTime)
  const isKnown = known?.row === json && isSameCount(known, facts)
  if (isKnown && (known.due_since_ms !== null || !due)) return null
  const pending = isDeleted(row) ? 0 : pendingAfter(row, now, due && tellsTime)
  const evidence = evidenceAfter(row, now, shape, nowMs)
  // Of a code that is there already only what `upsertCodes` names is written. Every row has the same columns: one that
  // only some of them had would be null in the others, and not its default.
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

/** The count of a deleted code may be gone with it: what it last had says what is missing. */
function countToKeep(row: QrCode, known: KnownCode | undefined): number | null {
  const before = known?.listed_scan_count ?? null
  if (!isDeleted(row) || before === null) return row.scan_count
  return Math.max(row.scan_count ?? 0, before)
}

function isDeleted(row: QrCode): boolean {
  return row.deleted_at !== null || row.status === 'deleted'
}

/** Scans that the API has and the ledger has not, beside those that came late; without a count, whether there are any. */
function pendingAfter(row: QrCode, known: KnownCode | undefined, isTold: boolean): number {
  if (row.scan_count === null) return Math.max(known?.pending ?? 0, isTold ? 1 : 0)
  // How many of a count that has fallen are new, is not known: those that waited before do so still, or one is looked for.
  const unsettled = known?.count_unsettled === 1 ? Math.max(known.pending, 1) : 0
  // How many scans a history still has, is only known as of its last page. That there are newer ones is known for sure.
  const newer = known?.history !== null && known !== undefined && isTold && isNewer(row, known) ? 1 : 0
  return Math.max(row.scan_count - accountedFor(known), unsettled, newer)
}

/** Whether the list tells of a scan behind the cursor of the code's new scans. */
function isNewer(
  row: QrCode,
  { collected_last_scanned_at: collected, cursor_from: from }: KnownCode,
): boolean {
  const knownMs = [collected, from].map((time) => (time === null ? 0 : Date.parse(time)))
  return row.last_scanned_at !== null && Date.parse(row.last_scanned_at) > Math.max(...knownMs)
}

/** A code that is new to us is believed to be scanned as often as ever since it was made, until we know better. */
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
 * A code is worth a call when its count differs both from what we hold (a scan counted after the list was read may have
 * come with the last collection already) and from what was listed then (a count that we cannot reach must not cost a
 * call for ever). Where the API tells no count, the time of the last scan stands in; where it tells neither, only
 * asking helps.
 */
function hasScansToCollect(row: QrCode, known: KnownCode | undefined, tellsTime: boolean): boolean {
  if (row.scan_count !== null) {
    if (known?.count_unsettled === 1) return true
    // After a fall the old numbers say nothing: the same count may stand for other scans.
    if (known !== undefined && known.count_base > 0) return row.scan_count > accountedFor(known)
    return (
      row.scan_count !== (known?.landed_scans ?? 0) + (known?.set_aside_scans ?? 0) &&
      row.scan_count !== (known?.collected_scan_count ?? null)
    )
  }
  if (tellsTime) return !isSameTime(row.last_scanned_at, known?.collected_last_scanned_at ?? null)
  return true
}
