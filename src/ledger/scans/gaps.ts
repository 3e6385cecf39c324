import { dayMs } from '../../model/durations.ts'
import type { Selectable, Transaction } from 'kysely'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>
type Code = Selectable<QrCodeTable>

export const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)
export const dayBefore = (day: string) => dayOf(Date.parse(day) - 1)
export const dayAfter = (day: string) => dayOf(Date.parse(day) + dayMs)

/** Means everything before the last day of its range. */
export const fromTheFirstScan = '0001-01-01'

/** Days of a code that are read again together. */
export interface GapRange {
  /**
   * The first and the last day, both inclusive, as the API divides days; `0001-01-01` means from the first scan
   * on.
   */
  day: string
  toDay: string
  /** How far the API's days begin before UTC days. */
  offsetMinutes: number
  isNeighbour: boolean
}

/**
 * Stores days to read again, each range from its first page. Keeps a range that begins on a day that is stored
 * already.
 */
export async function listGapRanges(
  transaction: Tx,
  { connector, id }: Pick<Code, 'connector' | 'id'>,
  ranges: readonly GapRange[],
): Promise<void> {
  if (ranges.length === 0) return
  await transaction
    .insertInto('gap_days')
    .values(
      ranges.map(({ day, toDay, offsetMinutes, isNeighbour }) => ({
        connector,
        qr_code_id: id,
        day,
        page: 1,
        to_day: toDay,
        offset_minutes: offsetMinutes,
        is_neighbour: isNeighbour ? 1 : 0,
      })),
    )
    .onConflict((conflict) => conflict.columns(['connector', 'qr_code_id', 'day']).doNothing())
    .execute()
}

/** Returns how many scans the API counted on each day that was read again, at that time. */
export async function readReadDays(
  transaction: Tx,
  { connector, id }: Pick<Code, 'connector' | 'id'>,
): Promise<Map<string, number>> {
  const days = await transaction
    .selectFrom('read_days')
    .select(['day', 'scans'])
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .execute()
  return new Map(days.map(({ day, scans }) => [day, scans]))
}

/** Returns what the API's last analytics counted for each day of a code. */
export async function readCountedDays(
  transaction: Tx,
  { connector, id }: Pick<Code, 'connector' | 'id'>,
): Promise<Map<string, number>> {
  const days = await transaction
    .selectFrom('analytics_daily')
    .select('row')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .execute()
  return new Map(
    days.map(({ row }) => {
      const { date, scans } = JSON.parse(row) as { date: string; scans: number }
      return [date, scans]
    }),
  )
}

/** Stores that days were read again completely. They are not read once more until the API's counts change. */
export async function noteReadDays(
  transaction: Tx,
  { connector, id }: Pick<Code, 'connector' | 'id'>,
  days: readonly { day: string; scans: number }[],
): Promise<void> {
  if (days.length === 0) return
  await transaction
    .insertInto('read_days')
    .values(days.map(({ day, scans }) => ({ connector, qr_code_id: id, day, scans })))
    .onConflict((conflict) =>
      conflict
        .columns(['connector', 'qr_code_id', 'day'])
        .doUpdateSet((eb) => ({ scans: eb.ref('excluded.scans') })),
    )
    .execute()
}

/**
 * Ends a search when no day is left to read or to find. The API does not return the scans that are still
 * missing. If its count fell before, they are landed scans that it counts again.
 */
export async function closeSearch(
  transaction: Tx,
  { connector, id }: Pick<Code, 'connector' | 'id'>,
  nowMs: number,
): Promise<void> {
  const days = await transaction
    .selectFrom('gap_days')
    .select('day')
    .where('connector', '=', connector)
    .where('qr_code_id', '=', id)
    .limit(1)
    .execute()
  if (days.length > 0) return
  const code = await transaction
    .selectFrom('qr_codes')
    .selectAll()
    .where('connector', '=', connector)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (code.gap === 0 || code.gap_until_day !== null) return
  const again = Math.min(code.count_base, code.gap)
  const base = code.count_base - again
  await transaction
    .updateTable('qr_codes')
    .set({
      gap: 0,
      gap_since_ms: null,
      gap_accepted: code.gap_accepted + code.gap - again,
      gap_searched_at_ms: code.gap > again ? nowMs : code.gap_searched_at_ms,
      count_base: base,
      count_fell_at_ms: base === 0 ? null : code.count_fell_at_ms,
    })
    .where('connector', '=', connector)
    .where('id', '=', id)
    .execute()
}
