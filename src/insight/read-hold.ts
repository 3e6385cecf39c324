import { waitBeforeCall, type Wait } from '../budget/windows.ts'
import { readCallWindow } from '../ledger/calls/call-window.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/**
 * What delays every call of a manual sync: a pause that the API asked for, or spent calls. Null while calls can
 * be made, even if the minute is full.
 *
 * @param share our part of the month's calls (`budget.share`)
 */
export async function readHold(
  ledger: Ledger,
  state: ConnectorState,
  share: number,
  nowMs: number,
): Promise<Wait | null> {
  const { window } = await readCallWindow(ledger, state, { share, keptBack: 0 }, nowMs)
  return waitBeforeCall(window)
}

/** When calls are made again, at the latest. */
export const holdEndsMs = ({ untilMs, goesOnMs }: Wait): number => goesOnMs ?? untilMs
