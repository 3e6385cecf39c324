import type { Transaction } from 'kysely'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type { DeliveryKey } from './batch.ts'

type DestinationKey = Omit<DeliveryKey, 'stream'>

/**
 * Returns how often a destination was reset. Call it before reading rows for it: rows that were read before a
 * reset may have been written to another account, or to one that was emptied since.
 */
export async function readResets(
  ledger: Ledger,
  { connector, destination }: DestinationKey,
): Promise<number> {
  const row = await ledger
    .selectFrom('delivery_resets')
    .select('resets')
    .where('connector', '=', connector)
    .where('destination', '=', destination)
    .executeTakeFirst()
  return row?.resets ?? 0
}

/** Counts a reset: rows that were read for the destination before it settle nothing. Needs the connector's lock. */
export async function countReset(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: DestinationKey,
): Promise<void> {
  await transaction
    .insertInto('delivery_resets')
    .values({ connector, destination, resets: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['connector', 'destination'])
        .doUpdateSet((eb) => ({ resets: eb('delivery_resets.resets', '+', 1) })),
    )
    .execute()
}
