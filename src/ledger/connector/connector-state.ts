import type { Selectable, Transaction } from 'kysely'
import { planLimits } from '../../budget/windows.ts'
import type { ConnectorTable, Ledger, LedgerSchema } from '../base/schema.ts'

export type ConnectorState = Selectable<ConnectorTable>

/** Until /me has told the plan, the smallest that has the API. */
export const unknownPlan = planLimits['pro'] ?? { perMinute: 60, perMonth: 5_000 }

/** Makes the connector's row where there is none yet. */
export async function ensureConnector(ledger: Ledger, connector: string): Promise<void> {
  await ledger
    .insertInto('connectors')
    .values({
      connector,
      key_fingerprint: null,
      account_id: null,
      plan: null,
      calls_per_minute: unknownPlan.perMinute,
      calls_per_month: unknownPlan.perMonth,
      identified_at_ms: null,
      gate_until_ms: 0,
      gate_reason: null,
      list_watermark_ms: null,
      list_pass_kind: null,
      list_pass_page: 1,
      list_pass_high_ms: null,
      full_listed_at_ms: null,
      connected_at_ms: null,
      lease_holder: null,
      lease_until_ms: 0,
      qr_codes_seq: 0,
      scans_seq: 0,
    })
    .onConflict((conflict) => conflict.column('connector').doNothing())
    .execute()
}

/**
 * The connector as it stands, held until the transaction ends. Comes first in every transaction that decides something
 * from what it reads: workers then take their turns, on SQLite and PostgreSQL alike, and none waits for another in a
 * circle. On PostgreSQL all that is read behind it is as the holders before have left it.
 */
export async function lockConnector(
  transaction: Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  // SQLite knows no `select … for update`; a row that is set to itself is locked on both.
  return transaction
    .updateTable('connectors')
    .set((eb) => ({ connector: eb.ref('connector') }))
    .where('connector', '=', connector)
    .returningAll()
    .executeTakeFirstOrThrow(() => missing(connector))
}

export async function readConnector(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  return ledger
    .selectFrom('connectors')
    .selectAll()
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow(() => missing(connector))
}

function missing(connector: string): Error {
  return new Error(`the ledger has no connector ${connector}: ensureConnector comes first`)
}

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
