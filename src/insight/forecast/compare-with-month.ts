import { dayMs } from '../../model/durations.ts'
import { forecastDays, type ForecastCalls } from '../../budget/forecast/forecast.ts'
import type { Lags } from '../../budget/forecast/lags.ts'
import type { Period } from '../../budget/windows.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { KeptForecast } from '../../ledger/connector/forecasts.ts'
import { readLandedLags } from '../read-landed-lags.ts'
import { readUsage } from '../read-usage.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

/** The month's first forecast next to the actual numbers. */
export interface MonthComparison {
  forecast_made_at: string
  /** Days of the month since the forecast was made. The forecast for 30 days counts by their share. */
  days: number
  forecast_calls: ForecastCalls
  actual_calls: Record<string, number>
  forecast_lag: Lags
  actual_lag: Lags & { scans: number }
}

/**
 * Returns from when a forecast counts: from the day on which it was made, or from the start of the month or of
 * the connector if that is later. It does not know what was spent before, such as on a first sync.
 */
export function forecastStartMs(
  { startMs }: Period,
  { connected_at_ms: connectedMs }: ConnectorState,
  madeAtMs: number,
): number {
  return Math.max(startMs, connectedMs ?? 0, Math.floor(madeAtMs / dayMs) * dayMs)
}

export async function compareWithMonth(
  ledger: Ledger,
  state: ConnectorState,
  month: Period,
  { madeAtMs, forecast }: KeptForecast,
  nowMs: number,
): Promise<MonthComparison> {
  const { connector, connected_at_ms: connectedMs } = state
  const fromMs = forecastStartMs(month, state, madeAtMs)
  const days = (nowMs - fromMs) / dayMs
  const byNow = (calls: number) => Math.round((calls * days) / forecastDays)
  const { purposes, month: counted } = await readUsage(ledger, connector, {
    ...month,
    // All calls of that day count, even those made before the account was known.
    startMs: Math.max(month.startMs, Math.floor(fromMs / dayMs) * dayMs),
  })
  const actual: Record<string, number> = {}
  for (const { purpose, calls } of purposes) actual[purpose] = (actual[purpose] ?? 0) + calls
  const { calls, mean_lag_h, p50_lag_h, p95_lag_h } = forecast
  return {
    forecast_made_at: new Date(madeAtMs).toISOString(),
    days: Math.round(days * 100) / 100,
    forecast_calls: {
      identify: byNow(calls.identify),
      list: byNow(calls.list),
      catalogue: byNow(calls.catalogue),
      scans: byNow(calls.scans),
      history: byNow(calls.history),
      analytics: byNow(calls.analytics),
      others: byNow(calls.others),
    },
    actual_calls: { ...actual, others: counted.others },
    forecast_lag: { mean_lag_h, p50_lag_h, p95_lag_h },
    actual_lag: await readLandedLags(ledger, connector, {
      landedSinceMs: fromMs,
      scannedSinceMs: connectedMs ?? 0,
    }),
  }
}
