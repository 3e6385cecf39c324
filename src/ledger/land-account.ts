import { planLimits } from '../budget/windows.ts'
import type { Account } from '../model/account.ts'
import { settleCall, type ReservedCall } from './calls.ts'
import { unknownPlan } from './connector-state.ts'
import { raiseMonth } from './months.ts'
import type { Ledger } from './schema.ts'

export interface Identity {
  account: Account
  keyFingerprint: string
  /** Where it is other than the plan's. */
  callsPerMinute: number | null
}

/**
 * Keeps what /me said. The month's count is raised to the API's own where that is higher: others spend on the same
 * account too.
 */
export async function landAccount(
  ledger: Ledger,
  call: ReservedCall,
  { account, keyFingerprint, callsPerMinute }: Identity,
  nowMs: number,
): Promise<void> {
  const limits = planLimits[account.plan] ?? unknownPlan
  await ledger.transaction().execute(async (transaction) => {
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: 1, nowMs })
    await transaction
      .updateTable('connectors')
      .set({
        key_fingerprint: keyFingerprint,
        account_id: account.account_id,
        plan: account.plan,
        calls_per_minute: callsPerMinute ?? limits.perMinute,
        calls_per_month: account.usage.api_calls_monthly_limit,
        identified_at_ms: nowMs,
      })
      .where('connector', '=', call.connector)
      .execute()
    await raiseMonth(transaction, call.connector, call.sentAtMs, account.usage.api_calls_this_month)
  })
}
