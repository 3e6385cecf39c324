import { historyOf } from '../../budget/planned-code.ts'
import { rowsPerCall } from '../../budget/price/fetch-rule.ts'
import type { ForecastCode, ForecastInput } from '../../budget/forecast/forecast.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import { profileOf } from '../../ledger/connector/profile.ts'
import { readPlannedCodes, type CodeSettings } from '../../ledger/codes/read-plan-input.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { usualOthers } from '../../ledger/calls/usual-others.ts'

/** Returns what the config file says about a code, and in which entry. */
export type MatchedSettings = (
  code: Parameters<CodeSettings>[0],
) => ReturnType<CodeSettings> & { match: string | null }

/** Returns the account as the planner sees it now, to forecast the next 30 days. */
export async function readForecastInput(
  ledger: Ledger,
  state: ConnectorState,
  { settingsOf, hasAnalytics, share }: { settingsOf: MatchedSettings; hasAnalytics: boolean; share: number },
  nowMs: number,
): Promise<Omit<ForecastInput, 'random' | 'isOver'>> {
  const known = new Map<string, Pick<ForecastCode, 'name' | 'match'>>()
  const remembering: CodeSettings = (code) => {
    const { match, ...settings } = settingsOf(code)
    known.set(code.id, { name: code.name, match })
    return settings
  }
  const { codes, shape, list } = await readPlannedCodes(
    ledger,
    state,
    { settingsOf: remembering, hasAnalytics },
    nowMs,
  )
  return {
    codes: codes.map(({ id, ratePerHour, priority, targetMs }) => ({
      id,
      ratePerHour,
      priority,
      targetMs,
      ...(known.get(id) ?? { name: null, match: null }),
    })),
    shape,
    list: { ...list, tellsChanges: profileOf(state).updatedSince !== false },
    hasAnalytics,
    callsPerMonth: state.calls_per_month,
    share,
    othersPerMonth: await usualOthers(ledger, state, nowMs),
    historyCalls:
      state.history_paused_at_ms === null
        ? codes.reduce((sum, code) => sum + Math.ceil((historyOf(code, list.tells) ?? 0) / rowsPerCall), 0)
        : 0,
    startMs: nowMs,
  }
}
