import { hourMs } from '../../model/durations.ts'
import type { Insertable, Selectable, Transaction } from 'kysely'
import { type DayShape } from '../../budget/day-shape.ts'
import { observe, plausibleArrivals, type RateEvidence } from '../../budget/rate.ts'
import type { ApiProfile } from '../../model/api-profile.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import { isSameTime } from '../../model/rfc3339.ts'
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { accountedFor, countAfterListing, isSameCount } from './code-count.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { readDayShape } from '../calls/hour-counts.ts'
import { learnProfile, profileOf } from '../connector/profile.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import type { ListPassKind, ListPassTable } from '../connector/connector-tables.ts'
import { keepSetAside, removeSetAside } from '../scans/set-aside.ts'

/** Where a list pass stands after a page of it. */
export interface ListProgress {
  kind: ListPassKind
  /** The next page, or null when the pass is complete. */
  nextPage: number | null
  /** Highest `last_scanned_at` (epoch ms) on the pass's first page. */
  highMs: number | null
  /** When the pass began. */
  startedMs: number
  /** What the page has shown of the API. */
  profile: Partial<ApiProfile>
  /** Rows of the page that do not fit. */
  setAside?: readonly SetAsideRow[]
}

/**
 * Lands a page of the list: the codes, which of them have something to collect, the pass's progress, the call.
 *
 * @returns the codes that are new or changed
 */
export async function landQrCodes(
  ledger: Ledger,
  call: ReservedCall,
  rows: readonly QrCode[],
  progress: ListProgress,
  nowMs: number,
): Promise<number> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, connector)
    const setAside = progress.setAside ?? []
    const sent = rows.length + setAside.length
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: sent, nowMs })
    const shape = readDayShape(state, nowMs)
    const tellsTime = progress.profile.lastScannedAt ?? profileOf(state).lastScannedAt ?? false
    const changed = await upsertCodes(
      transaction,
      { connector, shape, tellsTime, startedMs: progress.startedMs, nowMs },
      rows,
    )
    const key = { connector, stream: 'qr_codes', qrCodeId: '' } as const
    await keepSetAside(transaction, key, setAside, nowMs)
    const ids = rows.map(({ id }) => id)
    await removeSetAside(transaction, key, ids)
    await learnProfile(transaction, state, progress.profile)
    await transaction
      .updateTable('list_passes')
      .set({
        ...passAfter(progress),
        updated_watermark: newestUpdate(rows, state.updated_watermark),
      })
      .where('connector', '=', connector)
      .execute()
    if (state.connected_at_ms === null) await noteConnected(transaction, connector, progress.startedMs)
    return changed
  })
}

/** Scans from before that time are the connector's history. */
async function noteConnected(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  connectedAtMs: number,
): Promise<void> {
  await transaction
    .updateTable('connectors')
    .set({ connected_at_ms: connectedAtMs })
    .where('connector', '=', connector)
    .execute()
}

function passAfter({ kind, nextPage, highMs, startedMs }: ListProgress): Partial<Selectable<ListPassTable>> {
  if (nextPage !== null) {
    return {
      list_pass_kind: kind,
      list_pass_page: nextPage,
      list_pass_high_ms: highMs,
      list_pass_started_ms: startedMs,
    }
  }
  return {
    list_pass_kind: null,
    list_pass_page: 1,
    list_pass_high_ms: null,
    list_pass_started_ms: null,
    ...(kind !== 'updated' && {
      list_watermark_ms: highMs === null ? null : Math.min(highMs, startedMs),
      listed_at_ms: startedMs,
    }),
    ...(kind !== 'scanned' && { changes_listed_at_ms: startedMs }),
    ...(kind === 'full' && { full_listed_at_ms: startedMs }),
  }
}

/** The newest `updated_at` of all, as the API writes it: its clock is not ours. */
function newestUpdate(rows: readonly QrCode[], known: string | null): string | null {
  const times = rows.map(({ updated_at }) => updated_at).filter((time) => time !== null)
  return [...times, ...(known === null ? [] : [known])].reduce<string | null>(
    (newest, time) => (newest !== null && Date.parse(newest) >= Date.parse(time) ? newest : time),
    null,
  )
}

export interface Listing {
  connector: string
  shape: DayShape
  /** Whether the list tells when codes were last scanned: a code without that time then has no scan. */
  tellsTime: boolean
  startedMs: number
  nowMs: number
}

export async function upsertCodes(
  transaction: Transaction<LedgerSchema>,
  listing: Listing,
  rows: readonly QrCode[],
): Promise<number> {
  if (rows.length === 0) return 0
  const { connector } = listing
  // A code may stand twice in a page's answer when the list shifts under us: the later one counts.
  const listed = new Map(rows.map((row) => [row.id, row]))
  const known = await transaction
    .selectFrom('qr_codes')
    .selectAll()
    .where('connector', '=', connector)
    .where('id', 'in', [...listed.keys()])
    .execute()
  const knownById = new Map(known.map((code) => [code.id, code]))

  const changed = [...listed.values()]
    .map((row) => afterListing(listing, row, knownById.get(row.id)))
    .filter((code) => code !== null)
  if (changed.length === 0) return 0

  const { qr_codes_seq: lastSeq } = await transaction
    .updateTable('positions')
    .set((eb) => ({ qr_codes_seq: eb('qr_codes_seq', '+', changed.length) }))
    .where('connector', '=', connector)
    .returning('qr_codes_seq')
    .executeTakeFirstOrThrow()
  await transaction
    .insertInto('qr_codes')
    .values(changed.map((code, index) => ({ ...code, seq: lastSeq - changed.length + 1 + index })))
    .onConflict((conflict) =>
      conflict.columns(['connector', 'id']).doUpdateSet((eb) => ({
        seq: eb.ref('excluded.seq'),
        row: eb.ref('excluded.row'),
        deleted: eb.ref('excluded.deleted'),
        listed_scan_count: eb.ref('excluded.listed_scan_count'),
        listed_last_scanned_at: eb.ref('excluded.listed_last_scanned_at'),
        due_since_ms: eb.ref('excluded.due_since_ms'),
        pending: eb.ref('excluded.pending'),
        pending_at_ms: eb.ref('excluded.pending_at_ms'),
        empty_at_ms: eb.ref('excluded.empty_at_ms'),
        rate_arrivals: eb.ref('excluded.rate_arrivals'),
        rate_hours: eb.ref('excluded.rate_hours'),
        observed_at_ms: eb.ref('excluded.observed_at_ms'),
        landed_at_ms: eb.ref('excluded.landed_at_ms'),
        gap: eb.ref('excluded.gap'),
        gap_accepted: eb.ref('excluded.gap_accepted'),
        gap_since_ms: eb.ref('excluded.gap_since_ms'),
        gap_until_day: eb.ref('excluded.gap_until_day'),
        count_base: eb.ref('excluded.count_base'),
        count_fell_at_ms: eb.ref('excluded.count_fell_at_ms'),
        count_unsettled: eb.ref('excluded.count_unsettled'),
      })),
    )
    .execute()
  return changed.length
}

type Code = Selectable<QrCodeTable>

/** The code as it stands after this listing, or null when the listing brought nothing new. */
function afterListing(
  { connector, shape, tellsTime, startedMs, nowMs }: Listing,
  row: QrCode,
  known: Code | undefined,
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
function countToKeep(row: QrCode, known: Code | undefined): number | null {
  const before = known?.listed_scan_count ?? null
  if (!isDeleted(row) || before === null) return row.scan_count
  return Math.max(row.scan_count ?? 0, before)
}

function isDeleted(row: QrCode): boolean {
  return row.deleted_at !== null || row.status === 'deleted'
}

/** Scans that the API has and the ledger has not, beside those that came late; without a count, whether there are any. */
function pendingAfter(row: QrCode, known: Code | undefined, isTold: boolean): number {
  if (row.scan_count === null) return Math.max(known?.pending ?? 0, isTold ? 1 : 0)
  // How many of a count that has fallen are new, is not known: those that waited before do so still, or one is looked for.
  const unsettled = known?.count_unsettled === 1 ? Math.max(known.pending, 1) : 0
  return Math.max(row.scan_count - accountedFor(known), unsettled)
}

/** A code that is new to us is believed to be scanned as often as ever since it was made, until we know better. */
const firstEvidenceHours = 48

function evidenceAfter(row: QrCode, known: Code | undefined, shape: DayShape, nowMs: number): RateEvidence {
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
function hasScansToCollect(row: QrCode, known: Code | undefined, tellsTime: boolean): boolean {
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
