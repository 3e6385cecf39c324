import type { Insertable, Selectable, Transaction } from 'kysely'
import type { QrCode } from '../model/qr-code.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import type { Ledger, LedgerSchema, ListPassKind, QrCodeTable } from './schema.ts'

/** Where a list pass stands after a page of it. */
export interface ListProgress {
  kind: ListPassKind
  /** The next page, or null when the pass is complete. */
  nextPage: number | null
  /** Highest `last_scanned_at` (epoch ms) on the pass's first page. */
  highMs: number | null
}

/** Lands a page of the list: the codes, which of them have something to collect, the pass's progress, the call. */
export async function landQrCodes(
  ledger: Ledger,
  call: ReservedCall,
  rows: readonly QrCode[],
  progress: ListProgress,
  nowMs: number,
): Promise<void> {
  const { connector } = call
  await ledger.transaction().execute(async (transaction) => {
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: rows.length, nowMs })
    await upsertCodes(transaction, connector, rows, nowMs)
    const done = progress.nextPage === null
    await transaction
      .updateTable('connectors')
      .set({
        list_pass_kind: done ? null : progress.kind,
        list_pass_page: progress.nextPage ?? 1,
        list_pass_high_ms: done ? null : progress.highMs,
        ...(done && { list_watermark_ms: progress.highMs }),
        ...(done && progress.kind === 'full' && { full_listed_at_ms: nowMs }),
      })
      .where('connector', '=', connector)
      .execute()
  })
}

async function upsertCodes(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rows: readonly QrCode[],
  nowMs: number,
): Promise<void> {
  if (rows.length === 0) return
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
    .map((row) => afterListing(connector, row, knownById.get(row.id), nowMs))
    .filter((code) => code !== null)
  if (changed.length === 0) return

  const { qr_codes_seq: lastSeq } = await transaction
    .updateTable('connectors')
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
      })),
    )
    .execute()
}

type Code = Selectable<QrCodeTable>

/** The code as it stands after this listing, or null when the listing brought nothing new. */
function afterListing(
  connector: string,
  row: QrCode,
  known: Code | undefined,
  nowMs: number,
): Insertable<QrCodeTable> | null {
  const json = JSON.stringify(row)
  const due = hasScansToCollect(row, known)
  if (known?.row === json && (known.due_since_ms !== null || !due)) return null
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
    connector,
    id: row.id,
    seq: 0,
    row: json,
    deleted: isDeleted(row) ? 1 : 0,
    listed_scan_count: row.scan_count,
    listed_last_scanned_at: row.last_scanned_at,
    due_since_ms: isDeleted(row) ? null : (known?.due_since_ms ?? (due ? nowMs : null)),
  }
}

function isDeleted(row: QrCode): boolean {
  return row.deleted_at !== null || row.status === 'deleted'
}

/**
 * A code is worth a call when its count differs both from what we hold (a scan counted after the list was read may have
 * come with the last collection already) and from what was listed then (a count that we cannot reach must not cost a
 * call for ever). Where the API tells no count, the time of the last scan stands in; where it tells neither, only
 * asking helps.
 */
function hasScansToCollect(row: QrCode, known: Code | undefined): boolean {
  if (row.scan_count !== null)
    return (
      row.scan_count !== (known?.landed_scans ?? 0) &&
      row.scan_count !== (known?.collected_scan_count ?? null)
    )
  if (row.last_scanned_at !== null) return row.last_scanned_at !== (known?.collected_last_scanned_at ?? null)
  return true
}
