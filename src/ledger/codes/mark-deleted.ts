import { lockConnector } from '../connector/connector-state.ts'
import type { Ledger } from '../base/schema.ts'

/** A code that the API no longer knows has nothing to collect; the next full list pass tells when it was deleted. */
export async function markDeleted(ledger: Ledger, connector: string, qrCodeId: string): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await transaction
      .updateTable('qr_codes')
      .set({ deleted: 1, due_since_ms: null, cursor_page: 1 })
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .execute()
  })
}
