import { callsLeft } from '../budget/allowance.ts'
import { passageOf } from '../budget/gate.ts'
import { periodOf, waitBeforeCall, type Wait } from '../budget/windows.ts'
import { gateOf } from '../ledger/calls/gate.ts'
import { readMonth } from '../ledger/calls/months.ts'
import { readConnector } from '../ledger/connector/connector-state.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/**
 * What holds up every call of a manual sync: a pause that the API asked for, or calls that are used up. Null while calls may go out, as
 * far as the minute has room.
 *
 * @param share the part of the month's calls that is ours (`budget.share`)
 */
export async function readHold(
  ledger: Ledger,
  connector: string,
  share: number,
  nowMs: number,
): Promise<Wait | null> {
  const state = await readConnector(ledger, connector)
  const month = periodOf(nowMs, state.month_resets_at_ms)
  const counted = await readMonth(ledger, connector, month.key)
  const passage = passageOf(gateOf(state), nowMs)
  return waitBeforeCall({
    nowMs,
    monthLeft: state.calls_per_month - counted.calls,
    oursLeft: callsLeft(state.calls_per_month, share, counted),
    keptBack: 0,
    monthEndsMs: month.endMs,
    gate: typeof passage === 'string' ? null : passage,
    minuteFullUntilMs: null,
    pacedUntilMs: 0,
  })
}

/** When calls go out again, at the latest. */
export const holdEndsMs = ({ untilMs, goesOnMs }: Wait): number => goesOnMs ?? untilMs
