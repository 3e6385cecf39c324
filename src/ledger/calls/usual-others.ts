import { periodOf } from '../../budget/windows.ts'
import type { ConnectorState } from '../connector/connector-state.ts'
import { readMonth } from './months.ts'
import type { Ledger } from '../base/schema.ts'

/** @returns the calls that others make in a month, estimated from this month and the one before */
export async function usualOthers(
  ledger: Ledger,
  { connector, month_resets_at_ms: resetsAtMs }: ConnectorState,
  nowMs: number,
): Promise<number> {
  const period = periodOf(nowMs, resetsAtMs)
  const before = periodOf(period.startMs - 1, resetsAtMs)
  const [now, then] = [
    await readMonth(ledger, connector, period.key),
    await readMonth(ledger, connector, before.key),
  ]
  const elapsed = (nowMs - period.startMs) / (period.endMs - period.startMs)
  const covered = Math.max(elapsed, 1 / 30) + (then.calls > 0 ? 1 : 0)
  return (now.others + then.others) / covered
}
