import type { Selectable, Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { lockConnector } from '../connector/connector-state.ts'
import { closeSearch, fromTheFirstScan, listGapRanges, noteReadDays, readCountedDays } from './gaps.ts'
import { insertScans } from './insert-scans.ts'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { timesOf, type GapDay } from './read-gap-search.ts'
import { neighboursOf } from './search-days.ts'
import { forgetUnsent } from './set-aside.ts'
import { settleSetAside } from './settle-set-aside.ts'

/** A page of days that are read again, without rows of other days. */
export interface GapPage {
  rows: readonly Scan[]
  setAside: readonly SetAsideRow[]
  /** Whether nothing of the days is left to read. */
  isLast: boolean
  /** Whether it contains everything that the API has of them. */
  isWhole: boolean
}

export interface LandedGapDay {
  /** The times (epoch ms) at which late scans were made. */
  late: number[]
  /**
   * Whether every scan that the code's count says is missing has been found, so that the remaining days need
   * not be read.
   */
  isOver: boolean
}

/** Lands a page of days that are read again. */
export async function landGapDay(
  ledger: Ledger,
  call: ReservedCall,
  gapDay: GapDay,
  { rows, setAside, isLast, isWhole }: GapPage,
  nowMs: number,
): Promise<LandedGapDay> {
  const { connector } = call
  const { qrCodeId, day, page } = gapDay
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await settleCall(transaction, call, {
      outcome: 'ok',
      httpStatus: 200,
      rows: rows.length + setAside.length,
      nowMs,
    })
    const code = await transaction
      .selectFrom('qr_codes')
      .selectAll()
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .executeTakeFirst()
    // It was erased while the call was in flight.
    if (code === undefined) return { late: [], isOver: true }
    const late = await insertScans(transaction, connector, rows, nowMs)
    const keptScans = await settleSetAside(transaction, { connector, code, page: { rows, setAside } }, nowMs)
    const setAsideScans =
      isWhole && keptScans > 0
        ? keptScans - (await forgetUnsent(transaction, { connector, qrCodeId, ...timesOf(gapDay), nowMs }))
        : keptScans
    const found = late.length + Math.max(setAsideScans - code.set_aside_scans, 0)
    const gap = Math.max(code.gap - found, 0)
    const isFound = gap === 0 && code.gap > 0
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        landed_scans: eb('landed_scans', '+', late.length),
        set_aside_scans: setAsideScans,
        gap,
        ...(isFound && { gap_since_ms: null, gap_until_day: null }),
      }))
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .execute()
    if (isLast) await endRange(transaction, { ...code, gap }, gapDay, nowMs)
    else {
      await transaction
        .updateTable('gap_days')
        .set({ page: page + 1 })
        .where('connector', '=', connector)
        .where('qr_code_id', '=', qrCodeId)
        .where('day', '=', day)
        .execute()
    }
    // Everything that the count says is missing has been found: reading the other days would be a waste.
    if (isFound) await dropRanges(transaction, code)
    return { late, isOver: isFound }
  })
}

async function endRange(
  transaction: Transaction<LedgerSchema>,
  code: Selectable<QrCodeTable>,
  range: GapDay,
  nowMs: number,
): Promise<void> {
  const { day, toDay, isNeighbour } = range
  await transaction
    .deleteFrom('gap_days')
    .where('connector', '=', code.connector)
    .where('qr_code_id', '=', code.id)
    .where('day', '=', day)
    .execute()
  const counted = await readCountedDays(transaction, code)
  const read = [...counted]
    .filter(([each]) => each >= day && each <= toDay)
    .map(([each, scans]) => ({ day: each, scans }))
  await noteReadDays(transaction, code, read)
  if (code.gap > 0 && !isNeighbour && day !== fromTheFirstScan) {
    await listGapRanges(transaction, code, neighboursOf(range))
  }
  await closeSearch(transaction, code, nowMs)
}

async function dropRanges(
  transaction: Transaction<LedgerSchema>,
  { connector, id }: Selectable<QrCodeTable>,
): Promise<void> {
  await transaction
    .deleteFrom('gap_days')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .execute()
}
