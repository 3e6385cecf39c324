import type { Selectable, Transaction } from 'kysely'
import { planLimits } from '../budget/windows.ts'
import type { ConnectorTable, Ledger, LedgerSchema } from './schema.ts'

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

export async function readConnector(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  return ledger
    .selectFrom('connectors')
    .selectAll()
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow(
      () => new Error(`the ledger has no connector ${connector}: ensureConnector comes first`),
    )
}
