import type { Budget } from '../budget/allowance.ts'
import { backfillEndsMs } from '../budget/backfill.ts'
import { historyOf } from '../budget/planned-code.ts'
import { rowsPerCall } from '../budget/price/fetch-rule.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { readAllowance } from '../ledger/calls/read-allowance.ts'
import { readPlannedCodes } from '../ledger/codes/read-plan-input.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { usualOthers } from '../ledger/calls/usual-others.ts'

/** What is left of the history: scans from before the account was connected. */
export interface Backfill {
  /** Codes whose history has not landed. */
  codes: number
  /** Their scans, as far as the list reports them. */
  scans: number
  /** The least number of calls that they need. */
  calls: number
  /** How many of these calls this month allows. */
  callsThisMonth: number
  /** When all history will have landed; null while it is paused, or if no month has calls for it. */
  endsAtMs: number | null
  pausedAtMs: number | null
}

export async function readBackfill(
  ledger: Ledger,
  state: ConnectorState,
  budget: Budget,
  nowMs: number,
): Promise<Backfill> {
  const known = await readPlannedCodes(ledger, state, { settingsOf: null, hasAnalytics: false }, nowMs)
  const histories = known.codes
    .map((code) => historyOf(code, known.list.tells))
    .filter((scans) => scans !== null)
  const calls = histories.reduce((sum, scans) => sum + Math.max(Math.ceil(scans / rowsPerCall), 1), 0)
  const allowance = await readAllowance(ledger, state, budget, nowMs)
  const pausedAtMs = state.history_paused_at_ms
  const othersPerMonth = await usualOthers(ledger, state, nowMs)
  return {
    codes: histories.length,
    calls,
    pausedAtMs,
    scans: histories.reduce((sum, scans) => sum + scans, 0),
    callsThisMonth: Math.min(calls, allowance.forHistory),
    endsAtMs:
      pausedAtMs !== null
        ? null
        : backfillEndsMs({
            ...budget,
            calls,
            forHistory: allowance.forHistory,
            othersPerMonth,
            nowMs,
            perMinute: state.calls_per_minute,
            perMonth: state.calls_per_month,
            period: allowance.period,
            resetsAtMs: state.month_resets_at_ms,
          }),
  }
}
