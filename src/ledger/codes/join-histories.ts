import type { Transaction } from 'kysely'
import type { LedgerSchema } from '../base/schema.ts'

/**
 * Gives each code one cursor again, at the page that its history has reached: an API that ignores `from` returns the history with
 * every call for new scans.
 *
 * @param options.fromFirstPage of an API that has begun to ignore `order`, where the pages so far say nothing of those to come
 */
export async function joinHistories(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { fromFirstPage }: { fromFirstPage: boolean },
): Promise<void> {
  const histories = await transaction
    .deleteFrom('code_histories')
    .where('connector', '=', connector)
    .returningAll()
    .execute()
  for (const history of histories) {
    await transaction
      .updateTable('qr_codes')
      .set((eb) => ({
        cursor_from: null,
        cursor_page: fromFirstPage ? 1 : history.page,
        pending: eb('pending', '+', history.pending),
        due_since_ms: eb.case().when('deleted', '=', 0).then(history.opened_at_ms).else(null).end(),
        empty_at_ms: null,
        collected_at_ms: null,
      }))
      .where('connector', '=', connector)
      .where('id', '=', history.qr_code_id)
      .execute()
  }
}
