import type { Forecast } from '../../budget/forecast/forecast.ts'
import type { Ledger } from '../base/schema.ts'

export interface KeptForecast {
  madeAtMs: number
  forecast: Forecast
}

/** Stores a month's first forecast, to compare it with what happens. Later forecasts of the same month are not stored. */
export async function keepForecast(
  ledger: Ledger,
  connector: string,
  month: string,
  { madeAtMs, forecast }: KeptForecast,
): Promise<void> {
  await ledger
    .insertInto('forecasts')
    .values({ connector, month, made_at_ms: madeAtMs, forecast: JSON.stringify(forecast) })
    .onConflict((conflict) => conflict.columns(['connector', 'month']).doNothing())
    .execute()
}

export async function readForecast(
  ledger: Ledger,
  connector: string,
  month: string,
): Promise<KeptForecast | null> {
  const row = await ledger
    .selectFrom('forecasts')
    .select(['made_at_ms', 'forecast'])
    .where('connector', '=', connector)
    .where('month', '=', month)
    .executeTakeFirst()
  return row === undefined
    ? null
    : { madeAtMs: row.made_at_ms, forecast: JSON.parse(row.forecast) as Forecast }
}
