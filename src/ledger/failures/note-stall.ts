import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { readErased } from '../erasure/erasures.ts'
import { findRow, recordFailure, type FailedCall } from './failures.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** How many consecutive pages without progress are a failure. One is not: rows added during a collection can make a page repeat another. */
const mostStalls = 2
/** If there are at most this many pages, they are read again from the first one, in case that helps. */
const fewPages = 3
/**
 * With this many failures in a row, all pages are read again once: rows that were added since may have shifted
 * the pages.
 */
const restartsAtAttempt = 4

/**
 * Counts a page that made no progress. At the limit, it records a failure of the page's target.
 *
 * @returns whether it is a failure
 */
export async function noteStall(
  ledger: Ledger,
  connector: string,
  { page, ...failed }: FailedCall & { page: number },
): Promise<boolean> {
  const { target } = failed
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    // A call that was in flight while its code was erased: nothing is left to read.
    if ((await readErased(transaction, connector, [target.qrCodeId])).size > 0) return true
    const known = await findRow(transaction, connector, target)
    const stalls = (known?.stalls ?? 0) + 1
    const attempts = known?.attempts ?? 0
    if (stalls < mostStalls && attempts === 0) {
      await suspect(transaction, connector, failed)
      return false
    }
    await recordFailure(transaction, connector, failed, { isStall: true })
    if (target.qrCodeId === '') await abandonListPass(transaction, connector)
    else if (page <= fewPages || attempts + 1 === restartsAtAttempt) {
      await restartCollection(transaction, connector, target.qrCodeId)
    }
    return true
  })
}

async function suspect(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { target, code, message, nowMs, syncId }: FailedCall,
): Promise<void> {
  await transaction
    .insertInto('failures')
    .values({
      connector,
      endpoint: target.endpoint,
      qr_code_id: target.qrCodeId,
      code,
      message,
      attempts: 0,
      stalls: 1,
      since_ms: nowMs,
      failed_at_ms: nowMs,
      retry_at_ms: nowMs,
      sync_id: syncId,
    })
    .execute()
}

/** Makes the next pass start with the first page. */
async function abandonListPass(transaction: Transaction<LedgerSchema>, connector: string): Promise<void> {
  await transaction
    .updateTable('list_passes')
    .set({
      list_pass_kind: null,
      list_pass_page: 1,
      list_pass_high_ms: null,
      list_pass_started_ms: null,
    })
    .where('connector', '=', connector)
    .execute()
}

async function restartCollection(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  qrCodeId: string,
): Promise<void> {
  await transaction
    .updateTable('qr_codes')
    .set({ cursor_page: 1, collecting_high_ms: null })
    .where('connector', '=', connector)
    .where('id', '=', qrCodeId)
    .execute()
  await transaction
    .updateTable('code_histories')
    .set({ page: 1 })
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .execute()
  await transaction
    .updateTable('gap_days')
    .set({ page: 1 })
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .execute()
}
