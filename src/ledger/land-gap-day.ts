import type { Scan } from '../model/scan.ts'
import type { SetAsideRow } from '../model/set-aside-row.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import { lockConnector } from './connector-state.ts'
import { closeSearch } from './gaps.ts'
import { insertScans } from './insert-scans.ts'
import type { Ledger } from './schema.ts'
import { settleSetAside } from './settle-set-aside.ts'

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
  setAside: readonly SetAsideRow[] = [],
): Promise<number[]> {
  const { connector } = call
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await settleCall(transaction, call, {
      outcome: 'ok',
      httpStatus: 200,
      rows: rows.length + setAside.length,
      nowMs,
    })
    const late = await insertScans(transaction, connector, rows, nowMs)
    const landed = late.length
    const code = await transaction
      .selectFrom('qr_codes')
      .selectAll()
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .executeTakeFirstOrThrow()
    const setAsideScans = await settleSetAside(
      transaction,
      { connector, code, page: { rows, setAside } },
      nowMs,
    )
    const found = landed + Math.max(setAsideScans - code.set_aside_scans, 0)
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        landed_scans: eb('landed_scans', '+', landed),
        set_aside_scans: setAsideScans,
        gap: Math.max(code.gap - found, 0),
      }))
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
