import type { Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { countReset } from './resets.ts'
import { forgetPairs } from '../summaries/linked-pairs.ts'
import { forgetRecords } from '../summaries/link-keys.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { recordAction } from '../connector/audit-trail.ts'
import type { Actor } from '../connector/audit-tables.ts'

interface Reset {
  connector: string
  destination: string
  /**
   * Whether to send rows again that it has confirmed and that are unchanged: for a destination that was
   * emptied.
   */
  resend: boolean
  /** For the audit trail, if it is part of another command. */
  why?: string
}

/** Resets a destination: its next delivery fills it again from the ledger, from the first row. That costs no call. */
export async function resetDelivery(ledger: Ledger, reset: Reset, actor: Actor): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, reset.connector)
    await resetIn(transaction, reset)
    const { connector, destination, resend, why } = reset
    await recordAction(transaction, connector, resend ? 'resend' : 'refill', actor, {
      destination,
      details: why,
    })
  })
}

/** Needs the connector's lock. */
export async function resetIn(
  transaction: Transaction<LedgerSchema>,
  { connector, destination, resend }: Reset,
): Promise<void> {
  await countReset(transaction, { connector, destination })
  await transaction
    .updateTable('deliveries')
    .set({ watermark_seq: 0, drained_at_ms: null })
    .where('connector', '=', connector)
    .where('destination', '=', destination)
    .execute()
  if (!resend) return
  await forgetRecords(transaction, { connector, destination })
  await forgetPairs(transaction, { connector, destination })
  await transaction
    .deleteFrom('confirmations')
    .where('connector', '=', connector)
    .where('destination', '=', destination)
    .execute()
  await transaction
    .updateTable('rejects')
    .set({ fingerprint: null, again_at_ms: null })
    .where('connector', '=', connector)
    .where('destination', '=', destination)
    .execute()
}
