import type { Selectable, Transaction } from 'kysely'
import { dayMs } from '../budget/day-shape.ts'
import type { LedgerSchema, QrCodeTable } from './schema.ts'

type Code = Selectable<QrCodeTable>

export const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)

/**
 * What a complete collection leaves open. The list counted so many scans before it began, and it brought all from the cursor
 * on: those that are missing came late, with a time below the cursor. The search begins with today.
 */
export function gapAfter(
  known: Code,
  listedScans: number | null,
  landedScans: number,
  nowMs: number,
): Partial<Code> {
  const missing = Math.max((listedScans ?? 0) - landedScans, 0)
  const accepted = Math.min(known.gap_accepted, missing)
  const gap = missing - accepted
  if (gap === 0) return { gap, gap_accepted: accepted, gap_since_ms: null, gap_until_day: null }
  // A search under way goes on, unless there is more to be found than when it began.
  const goesOn = known.gap_until_day !== null && gap <= known.gap
  return {
    ...{ gap, gap_accepted: accepted, gap_since_ms: known.gap_since_ms ?? nowMs },
    gap_until_day: goesOn ? known.gap_until_day : dayOf(nowMs),
  }
}

/** Landed scans of a code by UTC day, from one day to another, both included. */
export async function countLandedByDay(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  qrCodeId: string,
  fromDay: string,
  toDay: string,
): Promise<Map<string, number>> {
  // Counted here and not by the database: an index gives the times, and no dialect's dates are needed.
  const counts = new Map<string, number>()
  const rows = await transaction
    .selectFrom('scans')
    .select('scanned_at_ms')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', '>=', Date.parse(fromDay))
    .where('scanned_at_ms', '<', Date.parse(toDay) + dayMs)
    .execute()
  // Scans that do not fit have been sent too: their days need not be read again.
  const setAside = await transaction
    .selectFrom('set_aside')
    .select('scanned_at_ms')
    .where('connector', '=', connector)
    .where('stream', '=', 'scans')
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', 'is not', null)
    .execute()
  for (const { scanned_at_ms } of [...rows, ...setAside]) {
    if (scanned_at_ms === null) continue
    const day = dayOf(scanned_at_ms)
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  return counts
}

/** Days to be read again, each from its first page. One that is listed already stays where it is. */
export async function listGapDays(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  qrCodeId: string,
  days: readonly string[],
): Promise<void> {
  if (days.length === 0) return
  await transaction
    .insertInto('gap_days')
    .values(days.map((day) => ({ connector, qr_code_id: qrCodeId, day, page: 1 })))
    .onConflict((conflict) => conflict.columns(['connector', 'qr_code_id', 'day']).doNothing())
    .execute()
}

/** With no day left to read and none to look for, what is still missing is nothing that the API would hand out. */
export async function closeSearch(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  qrCodeId: string,
): Promise<void> {
  const day = await transaction
    .selectFrom('gap_days')
    .select('day')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .limit(1)
    .executeTakeFirst()
  if (day !== undefined) return
  await transaction
    .updateTable('qr_codes')
    .set((eb) => ({ gap_accepted: eb('gap_accepted', '+', eb.ref('gap')), gap: 0, gap_since_ms: null }))
    .where('connector', '=', connector)
    .where('id', '=', qrCodeId)
    .where('gap', '>', 0)
    .where('gap_until_day', 'is', null)
    .execute()
}
