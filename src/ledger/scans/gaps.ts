import { dayMs } from '../../model/durations.ts'
import type { Selectable, Transaction } from 'kysely'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>
type Code = Selectable<QrCodeTable>

export const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)
export const dayBefore = (day: string) => dayOf(Date.parse(day) - 1)
export const dayAfter = (day: string) => dayOf(Date.parse(day) + dayMs)

/** Stands for everything before the last day of its range. */
export const fromTheFirstScan = '0001-01-01'

/** Days of a code that are read again in one go. */
export interface GapRange {
  /** The first and the last day, both included, as the API cuts them; `0001-01-01` is from the first scan on. */
  day: string
  toDay: string
  /** How far the API's days begin before those of UTC. */
  offsetMinutes: number
  isNeighbour: boolean
}

/** Days to be read again, each range from its first page. One that begins on a day that is listed already stays as it is. */
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

/** How many scans the API counted of each day that was read again, when it was read. */
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

/** What the API counts of a code's days, as its analytics last said. */
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

/** Days that were read again to their end: not once more, until the API counts other than now. */
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
 * With no day left to read and none to look for, what is still missing is nothing that the API returns. Where its count fell
 * before, the rest is landed scans that it counts again.
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
