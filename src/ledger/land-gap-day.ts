import type { Scan } from '../model/scan.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import { lockConnector } from './connector-state.ts'
import { closeSearch } from './gaps.ts'
import { insertScans } from './insert-scans.ts'
import type { Ledger } from './schema.ts'

export interface GapDay {
  qrCodeId: string
  /** `YYYY-MM-DD`, UTC. */
  day: string
  /** Where its next call starts. */
  page: number
}

/** Lands a page of a day that was read again. @returns when the scans that had come late were scanned (epoch ms) */
export async function landGapDay(
  ledger: Ledger,
  call: ReservedCall,
  { qrCodeId, day, page }: GapDay,
  rows: readonly Scan[],
  isLast: boolean,
  nowMs: number,
): Promise<number[]> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: rows.length, nowMs })
    const late = await insertScans(transaction, connector, rows, nowMs)
    const landed = late.length
    const { gap } = await transaction
      .selectFrom('qr_codes')
      .select('gap')
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .executeTakeFirstOrThrow()
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({ landed_scans: eb('landed_scans', '+', landed), gap: Math.max(gap - landed, 0) }))
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .execute()
    const days = { connector, qr_code_id: qrCodeId, day }
    if (isLast)
      await transaction
        .deleteFrom('gap_days')
        .where((eb) => eb.and(days))
        .execute()
    else
      await transaction
        .updateTable('gap_days')
        .set({ page: page + 1 })
        .where((eb) => eb.and(days))
        .execute()
    if (isLast) await closeSearch(transaction, connector, qrCodeId)
    return late
  })
}
