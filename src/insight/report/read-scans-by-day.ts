import { sql } from 'kysely'
import { dayMs } from '../../budget/day-shape.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

/** Landed scans by the UTC day (days since 1970) on which they were scanned, of those days that had any. */
export async function readScansByDay(
  ledger: Ledger,
  connector: string,
  sinceMs: number,
): Promise<Map<number, number>> {
  const day = sql<number>`cast(scanned_at_ms / ${sql.lit(dayMs)} as integer)`
  const days = await ledger
    .selectFrom('scans')
    .select((eb) => [day.as('day'), eb.fn.countAll<number>().as('scans')])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', sinceMs)
    .groupBy(day)
    .execute()
  return new Map(days.map(({ day, scans }) => [day, scans]))
}
