import { sql, type Transaction } from 'kysely'
import { monthOf } from '../budget/windows.ts'
import type { LedgerSchema } from './schema.ts'

type Tx = Transaction<LedgerSchema>

/** Calls counted against the month of `timeMs`. */
export async function callsInMonth(transaction: Tx, connector: string, timeMs: number): Promise<number> {
  const row = await transaction
    .selectFrom('months')
    .select('calls')
    .where('connector', '=', connector)
    .where('month', '=', monthOf(timeMs))
    .executeTakeFirst()
  return row?.calls ?? 0
}

/** Counts calls against a month, or takes them back. */
export async function addToMonth(
  transaction: Tx,
  connector: string,
  timeMs: number,
  calls: number,
): Promise<void> {
  await transaction
    .insertInto('months')
    .values({ connector, month: monthOf(timeMs), calls })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'month']).doUpdateSet({ calls: sql`months.calls + excluded.calls` }),
    )
    .execute()
}

/** Lifts the month's count to what the API itself counts. */
export async function raiseMonth(
  transaction: Tx,
  connector: string,
  timeMs: number,
  atLeast: number,
): Promise<void> {
  const counted = await callsInMonth(transaction, connector, timeMs)
  if (atLeast > counted) await addToMonth(transaction, connector, timeMs, atLeast - counted)
}
