import type { Transaction } from 'kysely'
import type { LedgerSchema } from '../base/schema.ts'

/**
 * Gives each code one cursor again, at the page that its history has reached. An API that ignores `from` returns the history with every
 * call for new scans, so two cursors would fetch it twice.
 *
 * @param options.fromFirstPage if the API has begun to ignore `order`: its pages are other pages now
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
