import { allowanceOf, type Allowance } from '../budget/allowance.ts'
import { periodOf, type Period } from '../budget/windows.ts'
import type { ConnectorState } from './connector-state.ts'
import { readMonth } from './months.ts'
import type { Ledger } from './schema.ts'

export interface MonthAllowance extends Allowance {
  period: Period
  calls: number
}

/** What is left of the month, and for whom. `spare`: share that is kept for people. */
export async function readAllowance(
  ledger: Ledger,
  state: ConnectorState,
  spare: number,
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
    .where('purpose', '=', 'history')
    .executeTakeFirstOrThrow()
  return { period, calls, ...allowanceOf({ perMonth, calls, others, historyCalls, spare, period, nowMs }) }
}
