import type { Transaction } from 'kysely'
import { callsLeft } from '../../budget/allowance.ts'
import { passageOf, type Passage } from '../../budget/gate.ts'
import { periodOf, type Period, type WindowState } from '../../budget/windows.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { gateOf } from './gate.ts'
import { readMonth } from './months.ts'

export interface CallWindow {
  month: Period
  passage: Passage
  /** What the month and the gate say; the minute has nothing to say in it. */
  window: WindowState
}

/**
 * What the month and the gate leave to a call.
 *
 * @param claim.share the part of the month's calls that is ours (`budget.share`)
 * @param claim.keptBack calls of the month that the call must leave over
 */
export async function readCallWindow(
  ledger: Ledger | Transaction<LedgerSchema>,
  state: ConnectorState,
  { share, keptBack }: { share: number; keptBack: number },
  nowMs: number,
): Promise<CallWindow> {
  const { connector, calls_per_month: perMonth } = state
  const month = periodOf(nowMs, state.month_resets_at_ms)
  const counted = await readMonth(ledger, connector, month.key)
  const passage = passageOf(gateOf(state), nowMs)
  const window = {
    nowMs,
    monthLeft: perMonth - counted.calls,
    oursLeft: callsLeft(perMonth, share, counted),
    keptBack,
    monthEndsMs: month.endMs,
    gate: typeof passage === 'string' ? null : passage,
    minuteFullUntilMs: null,
    pacedUntilMs: 0,
  }
  return { month, passage, window }
}
