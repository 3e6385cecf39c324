import type { QrCode } from '../../streams/qr-codes.ts'
import type { Scan } from '../../streams/scans.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { readDayShape } from '../calls/hour-counts.ts'
import { insertScans } from './insert-scans.ts'
import { upsertCodes } from '../codes/upsert-codes.ts'
import { profileOf } from '../connector/profile.ts'
import type { Ledger } from '../base/schema.ts'
import type { KeptRow } from './set-aside.ts'

/** A row that was set aside and can be parsed now. */
export type Replayed = { scan: Scan } | { code: QrCode }

/** Lands a row that was set aside. @returns false if it has landed or was removed meanwhile */
export async function landReplayed(
  ledger: Ledger,
  kept: KeptRow,
  read: Replayed,
  nowMs: number,
): Promise<boolean> {
  const { connector, stream, qr_code_id, row_key } = kept
  return ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, connector)
    const gone = await transaction
      .deleteFrom('set_aside')
      .where((eb) => eb.and({ connector, stream, qr_code_id, row_key }))
      .returning('row_key')
      .executeTakeFirst()
    if (gone === undefined) return false
    if ('code' in read) {
      const tellsTime = profileOf(state).lastScannedAt ?? false
      const shape = readDayShape(state, nowMs)
      const listing = { state, shape, tellsTime, startedMs: kept.last_seen_ms, nowMs }
      await upsertCodes(transaction, listing, [read.code])
      return true
    }
    const landed = await insertScans(transaction, connector, [read.scan], nowMs)
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        landed_scans: eb('landed_scans', '+', landed.length),
        set_aside_scans: eb('set_aside_scans', '-', 1),
      }))
      .where('connector', '=', connector)
      .where('id', '=', qr_code_id)
      .execute()
    return true
  })
}
