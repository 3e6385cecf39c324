import { sql } from 'kysely'
import { allowanceOf, type Allowance, type Budget } from '../../budget/allowance.ts'
import { periodOf, type Period } from '../../budget/windows.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { readMonth } from './months.ts'
import { prepared } from '../base/prepared.ts'
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
  const [history] = await countHistoryCalls(ledger, { connector, sinceMs: period.startMs })
  const historyCalls = history?.calls ?? 0
  const allowance = allowanceOf({ ...budget, perMonth, calls, others, historyCalls, period, nowMs })
  return { period, calls, ...allowance }
}

const countHistoryCalls = prepared<{ connector: string; sinceMs: number }, { calls: number }>(
  (ledger, place) =>
    ledger
      .selectFrom('calls')
      .select((eb) => eb.fn.countAll<number>().as('calls'))
      .where('connector', '=', place('connector'))
      .where('sent_at_ms', '>=', place('sinceMs'))
      // A literal: with a parameter, the database would not use the partial index on these calls.
      .where('purpose', '=', sql.lit('history'))
      .compile(),
)
