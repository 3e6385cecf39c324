import type { Transaction } from 'kysely'
import type { LedgerSchema } from '../base/schema.ts'
import { readHistories } from './known-codes.ts'

/**
 * Gives each code one cursor again, at the page that its history has reached: an API that ignores `from` returns the history with
 * every call for new scans.
 */
export async function joinHistories(
  transaction: Transaction<LedgerSchema>,
  connector: string,
): Promise<void> {
  for (const history of (await readHistories(transaction, connector)).values()) {
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        cursor_from: null,
        cursor_page: history.page,
        pending: eb('pending', '+', history.pending),
        due_since_ms: history.opened_at_ms,
        empty_at_ms: null,
        collected_at_ms: null,
      }))
      .where('connector', '=', connector)
      .where('id', '=', history.qr_code_id)
      .execute()
  }
  await transaction.deleteFrom('code_histories').where('connector', '=', connector).execute()
}
