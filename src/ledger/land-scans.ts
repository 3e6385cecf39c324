import type { Selectable, Transaction } from 'kysely'
import type { Scan } from '../model/scan.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import type { DueCode, ScanCursor } from './due-codes.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from './schema.ts'

export interface LandedPage {
  /** Rows that the ledger did not have before. */
  landed: number
  /** Where the code's next call starts; null when another worker has moved the cursor meanwhile. */
  cursor: ScanCursor | null
}

/**
 * Lands a page of a code's scans with the cursor and the call, all or nothing. Rows that are there already are left as
 * they are: the cursor is inclusive, so the last scans of the collection before always come again.
 */
export async function landScans(
  ledger: Ledger,
  call: ReservedCall,
  code: DueCode,
  rows: readonly Scan[],
  isLastPage: boolean,
  nowMs: number,
): Promise<LandedPage> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: rows.length, nowMs })
    const landed = await insertScans(transaction, connector, rows, nowMs)
    const known = await transaction
      .selectFrom('qr_codes')
      .selectAll()
      .where('connector', '=', connector)
      .where('id', '=', code.id)
      .executeTakeFirstOrThrow()
    const landedScans = known.landed_scans + landed
    const update = (values: Partial<Selectable<QrCodeTable>>) =>
      transaction
        .updateTable('qr_codes')
        .set({ ...values, landed_scans: landedScans })
        .where('connector', '=', connector)
        .where('id', '=', code.id)
        .execute()

    if (known.cursor_page !== code.cursor.page || known.cursor_from !== code.cursor.from) {
      // Somebody else, given this code after we were taken for dead, is ahead of us: keep the rows, leave the cursor.
      await update({})
      return { landed, cursor: null }
    }
    if (!isLastPage) {
      const cursor = { from: code.cursor.from, page: code.cursor.page + 1 }
      await update({
        cursor_page: cursor.page,
        collecting_scan_count: code.listing.scanCount,
        collecting_last_scanned_at: code.listing.lastScannedAt,
      })
      return { landed, cursor }
    }
    const cursor = { from: await nextFrom(transaction, connector, code), page: 1 }
    await update({
      cursor_from: cursor.from,
      cursor_page: cursor.page,
      collected_scan_count: code.listing.scanCount,
      collected_last_scanned_at: code.listing.lastScannedAt,
      collected_at_ms: nowMs,
      ...(!isListedAnew(known, code, landedScans) && { due_since_ms: null }),
    })
    return { landed, cursor }
  })
}

/** The list told of further scans while this collection was under way (it had been interrupted): it is due again. */
function isListedAnew(known: Selectable<QrCodeTable>, { listing }: DueCode, landedScans: number): boolean {
  const isSame =
    known.listed_scan_count === listing.scanCount && known.listed_last_scanned_at === listing.lastScannedAt
  return !isSame && known.listed_scan_count !== landedScans
}

async function insertScans(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rows: readonly Scan[],
  nowMs: number,
): Promise<number> {
  if (rows.length === 0) return 0
  const { scans_seq: lastSeq } = await transaction
    .updateTable('connectors')
    .set((eb) => ({ scans_seq: eb('scans_seq', '+', rows.length) }))
    .where('connector', '=', connector)
    .returning('scans_seq')
    .executeTakeFirstOrThrow()
  const result = await transaction
    .insertInto('scans')
    .values(
      rows.map((row, index) => ({
        connector,
        seq: lastSeq - rows.length + 1 + index,
        qr_code_id: row.qr_code_id,
        scanned_at_ms: Date.parse(row.scanned_at),
        id: row.id,
        row: JSON.stringify(row),
        landed_at_ms: nowMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connector', 'qr_code_id', 'scanned_at_ms', 'id']).doNothing(),
    )
    .executeTakeFirstOrThrow()
  return Number(result.numInsertedOrUpdatedRows ?? 0)
}

/**
 * Where the next collection starts: the newest landed scan, but no later than the newest one that the list told of before
 * this collection began. A scan of that same millisecond may since have slipped in between pages that were read already.
 * Rounded down to the millisecond, so that an inclusive `from` misses none beside it.
 */
async function nextFrom(transaction: Transaction<LedgerSchema>, connector: string, code: DueCode) {
  const newest = await transaction
    .selectFrom('scans')
    .select('scanned_at_ms')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', code.id)
    .orderBy('scanned_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest === undefined) return null
  const { lastScannedAt } = code.listing
  const listedMs = lastScannedAt === null ? Infinity : Date.parse(lastScannedAt)
  return new Date(Math.min(newest.scanned_at_ms, listedMs)).toISOString()
}
