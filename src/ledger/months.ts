import { sql, type Transaction } from 'kysely'
import type { Ledger, LedgerSchema } from './schema.ts'

type Tx = Ledger | Transaction<LedgerSchema>

export interface MonthCount {
  /** Ours and those of others. */
  calls: number
  others: number
}

/** Calls counted against a month, named by its key. */
export async function readMonth(transaction: Tx, connector: string, month: string): Promise<MonthCount> {
  const row = await transaction
    .selectFrom('months')
    .select(['calls', 'others'])
    .where('connector', '=', connector)
    .where('month', '=', month)
    .executeTakeFirst()
  return row ?? { calls: 0, others: 0 }
}

/** Counts calls of ours against a month, or takes them back. */
export async function addToMonth(
  transaction: Tx,
  connector: string,
  month: string,
  calls: number,
): Promise<void> {
  await transaction
    .insertInto('months')
    .values({ connector, month, calls, others: 0 })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'month']).doUpdateSet({ calls: sql`months.calls + excluded.calls` }),
    )
    .execute()
}

/** Puts a month's count right: what is not ours is others'. */
export async function correctMonth(
  transaction: Tx,
  connector: string,
  month: string,
  calls: number,
): Promise<void> {
  const counted = await readMonth(transaction, connector, month)
  const others = Math.max(calls - (counted.calls - counted.others), 0)
  await transaction
    .insertInto('months')
    .values({ connector, month, calls, others })
    .onConflict((conflict) => conflict.columns(['connector', 'month']).doUpdateSet({ calls, others }))
    .execute()
}
