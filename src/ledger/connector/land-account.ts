import { periodOf, planLimits } from '../../budget/windows.ts'
import type { Transaction } from 'kysely'
import type { Account } from '../../model/account.ts'
import { settleCall, type ReservedCall } from '../calls/calls.ts'
import { lockConnector, unknownPlan } from './connector-state.ts'
import { correctMonth } from '../calls/months.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

export interface Identity {
  account: Account
  /** When the API answered (epoch ms), by its own clock if that is known. */
  answeredMs: number
  keyFingerprint: string
  /** The plan whose limits apply, whatever /me returns; null if /me decides. */
  heldPlan: string | null
  /** Null if the plan's limit applies. */
  callsPerMinute: number | null
}

/**
 * Stores what /me returned. The month's count becomes the API's own count, plus those of our calls that the API may not have
 * seen yet. The API's count includes calls that others make on the same account, and excludes calls of ours that never arrived.
 */
export async function landAccount(
  ledger: Ledger,
  call: ReservedCall,
  { account, answeredMs, keyFingerprint, heldPlan, callsPerMinute }: Identity,
  nowMs: number,
): Promise<void> {
  const plan = heldPlan ?? account.plan
  const limits = planLimits[plan] ?? unknownPlan
  const perMonth = heldPlan === null ? account.usage.api_calls_monthly_limit : limits.perMonth
  await ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, call.connector)
    await settleCall(transaction, call, { outcome: 'ok', httpStatus: 200, rows: 1, nowMs })
    await transaction
      .updateTable('accounts')
      .set({
        key_fingerprint: keyFingerprint,
        account_id: account.account_id,
        plan,
        calls_per_minute: callsPerMinute ?? limits.perMinute,
        calls_per_month: perMonth,
        identified_at_ms: nowMs,
      })
      .where('connector', '=', call.connector)
      .execute()
    const month = periodOf(nowMs, state.month_resets_at_ms)
    // If the call was sent in one month and answered in the next, the count may belong to either. If our clock is ahead of the
    // API's, the API may still be in the old month.
    if (Math.min(call.sentAtMs, answeredMs) < month.startMs) return
    const unseen = await countUnseen(transaction, call, nowMs)
    await correctMonth(transaction, call.connector, month.key, {
      counted: account.usage.api_calls_this_month,
      unseen,
    })
  })
}

/** Calls that were in flight at the same time as /me: the API may have answered /me before it saw them. */
async function countUnseen(
  transaction: Transaction<LedgerSchema>,
  me: ReservedCall,
  nowMs: number,
): Promise<number> {
  const { unseen } = await transaction
    .selectFrom('calls')
    .select((eb) => eb.fn.countAll<number>().as('unseen'))
    .where('connector', '=', me.connector)
    .where('window_until_ms', '>=', nowMs)
    .where('id', '!=', me.id)
    .where('outcome', 'in', ['pending', 'ok', 'failed'])
    .where((eb) => eb.or([eb('settled_at_ms', 'is', null), eb('settled_at_ms', '>=', me.sentAtMs)]))
    .executeTakeFirstOrThrow()
  return unseen
}
