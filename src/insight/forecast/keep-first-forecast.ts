import { forecast } from '../../budget/forecast/forecast.ts'
import { periodOf } from '../../budget/windows.ts'
import { keepForecast, readForecast } from '../../ledger/connector/forecasts.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { readForecastInput, type MatchedSettings } from './read-forecast-input.ts'

/** A simulation that takes longer leaves out what it has not reached by then: a reader waits for it. */
const simulationMs = 1_500

/**
 * Makes the month's first forecast, if the codes are known and there is none yet, so that the month can be compared with it. Makes no
 * call.
 */
export async function keepFirstForecast(
  { ledger, state }: { ledger: Ledger; state: ConnectorState },
  settings: { settingsOf: MatchedSettings; hasAnalytics: boolean; share: number },
  nowMs: number,
): Promise<void> {
  if (state.connected_at_ms === null || state.listed_at_ms === null) return
  const { connector } = state
  const month = periodOf(nowMs, state.month_resets_at_ms)
  if ((await readForecast(ledger, connector, month.key)) !== null) return
  const input = await readForecastInput(ledger, state, settings, nowMs)
  const endsAtMs = performance.now() + simulationMs
  const made = forecast({ ...input, random: Math.random, isOver: () => performance.now() >= endsAtMs })
  await keepForecast(ledger, connector, month.key, { madeAtMs: nowMs, forecast: made })
}
