import type { Transaction } from 'kysely'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

/** @returns the time of a code's newest landed scan (epoch ms), or null if none has landed */
export async function newestLandedMs(
  transaction: Transaction<LedgerSchema>,
  { connector, id }: Pick<QrCodeTable, 'connector' | 'id'>,
): Promise<number | null> {
  const newest = await transaction
    .selectFrom('scans')
    .select('scanned_at_ms')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .orderBy('scanned_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.scanned_at_ms ?? null
}
