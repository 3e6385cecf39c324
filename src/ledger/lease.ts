import { lockConnector } from './connector-state.ts'
import type { Ledger } from './schema.ts'

/** Longer than any pause of a worker that lives, and no longer than a dead one's heartbeat timeout. */
const leaseMs = 5_000

/**
 * Takes or renews the right to spend a connector's calls, so that two syncs (one by the Schedule, one by hand) never pay for
 * the same page.
 *
 * @returns until when somebody else holds it; null when it is ours now, for five seconds
 */
export async function takeLease(
  ledger: Ledger,
  connector: string,
  holder: string,
  nowMs: number,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const lease = await lockConnector(transaction, connector)
    // One that ends later than any can was taken before the clock was set back.
    if (lease.lease_holder !== holder && lease.lease_until_ms > nowMs)
      return Math.min(lease.lease_until_ms, nowMs + leaseMs)
    await transaction
      .updateTable('connectors')
      .set({ lease_holder: holder, lease_until_ms: nowMs + leaseMs })
      .where('connector', '=', connector)
      .execute()
    return null
  })
}

export async function releaseLease(ledger: Ledger, connector: string, holder: string): Promise<void> {
  await ledger
    .updateTable('connectors')
    .set({ lease_holder: null, lease_until_ms: 0 })
    .where('connector', '=', connector)
    .where('lease_holder', '=', holder)
    .execute()
}
