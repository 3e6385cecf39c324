import { sql } from 'kysely'
import { allowanceOf, type Allowance, type Budget } from '../../budget/allowance.ts'
import { periodOf, type Period } from '../../budget/windows.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { readMonth } from './months.ts'
import type { Ledger } from '../base/schema.ts'

export interface MonthAllowance extends Allowance {
  period: Period
  calls: number
}

/** @returns how many of the month's calls are left, and for which purpose */
export async function readAllowance(
  ledger: Ledger,
  state: ConnectorState,
  budget: Budget,
  nowMs: number,
): Promise<MonthAllowance> {
  const { connector, calls_per_month: perMonth } = state
  const period = periodOf(nowMs, state.month_resets_at_ms)
  const { calls, others } = await readMonth(ledger, connector, period.key)
  const { historyCalls } = await ledger
    .selectFrom('calls')
    .select((eb) => eb.fn.countAll<number>().as('historyCalls'))
    .where('connector', '=', connector)
    .where('sent_at_ms', '>=', period.startMs)
    // A literal: with a parameter, the database would not use the partial index on these calls.
    .where('purpose', '=', sql.lit('history'))
    .executeTakeFirstOrThrow()
  const allowance = allowanceOf({ ...budget, perMonth, calls, others, historyCalls, period, nowMs })
  return { period, calls, ...allowance }
}
