import type { Transaction } from 'kysely'
import type { Scan } from '../model/scan.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import type { DueCode, ScanCursor } from './due-codes.ts'
import type { Ledger, LedgerSchema } from './schema.ts'

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
    const landed = await insertScans(transaction, connector, rows)
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: rows.length, nowMs })

    const cursor: ScanCursor = isLastPage
      ? { from: await nextFrom(transaction, connector, code), page: 1 }
      : { from: code.cursor.from, page: code.cursor.page + 1 }
    const moved = await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        landed_scans: eb('landed_scans', '+', landed),
        cursor_from: cursor.from,
        cursor_page: cursor.page,
        ...(isLastPage && {
          due_since_ms: null,
          collected_scan_count: code.listedScanCount,
          collected_last_scanned_at: code.listedLastScannedAt,
          collected_at_ms: nowMs,
        }),
      }))
      .where('connector', '=', connector)
      .where('id', '=', code.id)
      .where('cursor_page', '=', code.cursor.page)
      .where('cursor_from', code.cursor.from === null ? 'is' : '=', code.cursor.from)
      .executeTakeFirst()
    if (moved.numUpdatedRows === 1n) return { landed, cursor }

    // Somebody else, given this code after we were taken for dead, is ahead of us: keep the rows, leave the cursor.
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({ landed_scans: eb('landed_scans', '+', landed) }))
      .where('connector', '=', connector)
      .where('id', '=', code.id)
      .execute()
    return { landed, cursor: null }
  })
}

async function insertScans(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rows: readonly Scan[],
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
      })),
    )
    .onConflict((conflict) => conflict.columns(['connector', 'qr_code_id', 'scanned_at_ms', 'id']).doNothing())
    .executeTakeFirstOrThrow()
  return Number(result.numInsertedOrUpdatedRows ?? 0)
}

/**
 * Where the next collection starts: the newest landed scan, but no later than the newest one that the list told of before
 * this collection. A scan of that same millisecond may since have slipped in between pages that were read already.
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
  const listedMs = code.listedLastScannedAt === null ? Infinity : Date.parse(code.listedLastScannedAt)
  return new Date(Math.min(newest.scanned_at_ms, listedMs)).toISOString()
}
