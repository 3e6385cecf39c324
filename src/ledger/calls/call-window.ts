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
  /** The state of the month and of the gate. The minute is not included. */
  window: WindowState
}

/**
 * Reads whether the month and the gate allow a call.
 *
 * @param claim.share the part of the month's calls that the connector may use (`budget.share`)
 * @param claim.keptBack the number of the month's calls that this call must leave unspent
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
