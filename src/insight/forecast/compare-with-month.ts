import { dayMs } from '../../model/durations.ts'
import { forecastDays, type ForecastCalls } from '../../budget/forecast/forecast.ts'
import type { Lags } from '../../budget/forecast/lags.ts'
import type { Period } from '../../budget/windows.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { KeptForecast } from '../../ledger/connector/forecasts.ts'
import { readLandedLags } from '../read-landed-lags.ts'
import { countFirstAnalytics } from './count-first-analytics.ts'
import { readUsage } from '../read-usage.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

/** The month's first forecast next to the actual numbers. */
export interface MonthComparison {
  forecast_made_at: string
  /** Days since the forecast was made. The forecast for 30 days counts by their share. */
  days: number
  /** Those for history count as a whole, because a first sync makes them at once; and those for analytics include each code's first ones, if the connector is new. */
  forecast_calls: ForecastCalls
  /** Since the forecast was made: what was spent before, such as on a first sync, is no part of it. */
  actual_calls: Record<string, number>
  forecast_lag: Lags
  actual_lag: Lags & { scans: number }
}

/**
 * The calls of a new connector for the first analytics of each code, since the forecast. They are part of its first fill, and the
 * forecast is only about scans from then on.
 */
export async function readFirstAnalytics(
  ledger: Ledger,
  { connector, connected_at_ms: connectedMs }: ConnectorState,
  month: Period,
  madeAtMs: number,
): Promise<number> {
  const isNew = connectedMs !== null && connectedMs >= month.startMs
  return isNew ? countFirstAnalytics(ledger, connector, madeAtMs) : 0
}

export async function compareWithMonth(
  ledger: Ledger,
  state: ConnectorState,
  month: Period,
  { madeAtMs, forecast }: KeptForecast,
  nowMs: number,
): Promise<MonthComparison> {
  const { connector, connected_at_ms: connectedMs } = state
  const days = (nowMs - madeAtMs) / dayMs
  const byNow = (calls: number) => Math.round((calls * days) / forecastDays)
  const { purposes, month: counted } = await readUsage(ledger, connector, { ...month, startMs: madeAtMs })
  // When others made theirs is not known, so they are spread evenly over the month.
  const others = (counted.others * (nowMs - madeAtMs)) / Math.max(nowMs - month.startMs, 1)
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
      history: calls.history,
      analytics: byNow(calls.analytics) + (await readFirstAnalytics(ledger, state, month, madeAtMs)),
      others: byNow(calls.others),
    },
    actual_calls: { ...actual, others: Math.round(others) },
    forecast_lag: { mean_lag_h, p50_lag_h, p95_lag_h },
    actual_lag: await readLandedLags(ledger, connector, {
      landedSinceMs: madeAtMs,
      scannedSinceMs: connectedMs ?? 0,
    }),
  }
}
