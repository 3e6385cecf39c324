import { lockConnector } from './connector-state.ts'
import type { Ledger } from '../base/schema.ts'

/**
 * Leaves the scans of before we knew the account where they are, or goes on with them.
 *
 * @param pausedAtMs null to go on
 * @returns since when it was paused before; null where it was not
 */
export async function pauseHistory(
  ledger: Ledger,
  connector: string,
  pausedAtMs: number | null,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const { history_paused_at_ms: before } = await lockConnector(transaction, connector)
    await transaction
      .updateTable('connectors')
      .set({ history_paused_at_ms: pausedAtMs === null ? null : (before ?? pausedAtMs) })
      .where('connector', '=', connector)
      .execute()
    return before
  })
}
