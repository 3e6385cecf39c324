import type { Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import type { LedgerSchema, Ledger } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

/**
 * Inserts scans at the next positions of the stream; those that are there already stay as they are.
 *
 * @returns of those that were new, when they were scanned (epoch ms)
 */
export async function insertScans(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  rows: readonly Scan[],
  nowMs: number,
): Promise<number[]> {
  if (rows.length === 0) return []
  const { scans_seq: lastSeq } = await transaction
    .updateTable('positions')
    .set((eb) => ({ scans_seq: eb('scans_seq', '+', rows.length) }))
    .where('connector', '=', connector)
    .returning('scans_seq')
    .executeTakeFirstOrThrow()
  const inserted = await transaction
    .insertInto('scans')
    .values(
      rows.map((row, index) => ({
        connector,
        seq: lastSeq - rows.length + 1 + index,
        qr_code_id: row.qr_code_id,
        scanned_at_ms: Date.parse(row.scanned_at),
        id: storedId(row.id),
        row: JSON.stringify(row),
        landed_at_ms: nowMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connector', 'qr_code_id', 'scanned_at_ms', 'id']).doNothing(),
    )
    .returning('scanned_at_ms')
    .execute()
  return inserted.map(({ scanned_at_ms: scannedAtMs }) => scannedAtMs)
}

/** Whether some of these scans of a code are not landed. */
export async function holdsNewScans(
  ledger: Ledger,
  connector: string,
  qrCodeId: string,
  rows: readonly Scan[],
): Promise<boolean> {
  const { landed } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('landed'))
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', 'in', [...new Set(rows.map(({ scanned_at }) => Date.parse(scanned_at)))])
    .where(
      'id',
      'in',
      rows.map(({ id }) => storedId(id)),
    )
    .executeTakeFirstOrThrow()
  return landed < new Set(rows.map(({ id }) => id)).size
}
