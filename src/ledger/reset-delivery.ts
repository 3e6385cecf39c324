import { lockConnector } from './connector-state.ts'
import { forgetRecords } from './link-keys.ts'
import type { Ledger } from './schema.ts'

/**
 * Has a destination filled anew from the ledger, from the first row on, by its next delivery. That costs no call.
 *
 * @param resend also what it has confirmed and what is unchanged since: for a destination that was emptied
 */
export async function resetDelivery(
  ledger: Ledger,
  { connector, destination, resend }: { connector: string; destination: string; resend: boolean },
): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await transaction
      .updateTable('deliveries')
      .set({ watermark_seq: 0, drained_at_ms: null })
      .where('connector', '=', connector)
      .where('destination', '=', destination)
      .execute()
    if (!resend) return
    await forgetRecords(transaction, { connector, destination })
    await transaction
      .deleteFrom('confirmations')
      .where('connector', '=', connector)
      .where('destination', '=', destination)
      .execute()
    await transaction
      .updateTable('rejects')
      .set({ fingerprint: null })
      .where('connector', '=', connector)
      .where('destination', '=', destination)
      .execute()
  })
}
