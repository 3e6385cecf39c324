import { sql, type Transaction } from 'kysely'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Ledger | Transaction<LedgerSchema>

export interface MonthCount {
  /** Our calls and those of others. */
  calls: number
  others: number
}

/** @returns the calls counted against a month, which its key names */
export async function readMonth(transaction: Tx, connector: string, month: string): Promise<MonthCount> {
  const [row] = await selectMonth(transaction, { connector, month })
  return row ?? { calls: 0, others: 0 }
}

const selectMonth = prepared<{ connector: string; month: string }, MonthCount>((ledger, place) =>
  ledger
    .selectFrom('months')
    .select(['calls', 'others'])
    .where('connector', '=', place('connector'))
    .where('month', '=', place('month'))
    .compile(),
)

/** Adds our calls to a month's count; a negative number subtracts them. */
export async function addToMonth(
  transaction: Tx,
  connector: string,
  month: string,
  calls: number,
): Promise<void> {
  await addCalls(transaction, { connector, month, calls })
}

const addCalls = prepared<{ connector: string; month: string; calls: number }, unknown>((ledger, place) =>
  ledger
    .insertInto('months')
    .values({ connector: place('connector'), month: place('month'), calls: place('calls'), others: 0 })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'month']).doUpdateSet({ calls: sql`months.calls + excluded.calls` }),
    )
    .compile(),
)

/**
 * Replaces a month's count with the API's count. The API may not have counted some of our calls yet (`unseen`); they are added to its
 * count. What this sum has beyond our calls belongs to others, so that our own count stays what it is.
 */
export async function correctMonth(
  transaction: Tx,
  connector: string,
  month: string,
  { counted, unseen }: { counted: number; unseen: number },
): Promise<void> {
  const known = await readMonth(transaction, connector, month)
  const ours = known.calls - known.others
  const calls = counted + unseen
  const others = Math.max(calls - ours, 0)
  await transaction
    .insertInto('months')
    .values({ connector, month, calls, others })
    .onConflict((conflict) => conflict.columns(['connector', 'month']).doUpdateSet({ calls, others }))
    .execute()
}
