import { compareWithMonth } from '../../../src/insight/forecast/compare-with-month.ts'
import { matchedSettingsOf } from '../../../src/config/settings/code-settings.ts'
import { forecast } from '../../../src/budget/forecast/forecast.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { KeptForecast } from '../../../src/ledger/connector/forecasts.ts'
import { readForecastInput } from '../../../src/insight/forecast/read-forecast-input.ts'
import { dayMs } from '../durations.ts'
import type { World } from '../world.ts'

/** By then, the connector has known the account for a day. */
const madeAfterMs = dayMs
const comparedAfterMs = 30 * dayMs
/** Of the calls that were made. */
const mostErrorOfCalls = 0.15
/** The mean lag differs at most by this factor, if it is long enough to count. */
const mostErrorOfLag = 2
const shortLagHours = 0.25

/** 9. The forecast of the first day comes true if nothing fails in the month. */
export function compareForecast(world: World): void {
  const { time, swarm } = world
  if (swarm.rates.size > 0) return
  const make = async () => {
    const made = await time.hold(makeForecast(world))
    time.after(comparedAfterMs - madeAfterMs, () => time.hold(compare(world, made)), null)
  }
  time.after(madeAfterMs, make, null)
}

async function makeForecast({ database, random, setting, time }: World): Promise<KeptForecast> {
  const ledger = database.onlooker()
  const { connector, codes, analytics, budget } = setting.config
  const state = await readConnector(ledger, connector)
  const settings = { settingsOf: matchedSettingsOf(codes), hasAnalytics: analytics, share: budget.share }
  const input = await readForecastInput(ledger, state, settings, time.nowMs)
  const numbers = random.of('forecast')
  return { madeAtMs: time.nowMs, forecast: forecast({ ...input, random: () => numbers.next() }) }
}

async function compare(world: World, made: KeptForecast): Promise<void> {
  const { database, setting, startMs, story, time, violations } = world
  const ledger = database.onlooker()
  const state = await readConnector(ledger, setting.config.connector)
  const month = { key: '', startMs, endMs: time.nowMs }
  const compared = await compareWithMonth(ledger, state, month, made, time.nowMs)
  story.tell('world', `forecast and month: ${JSON.stringify(compared)}`)
  const sum = (calls: object) =>
    Object.entries(calls).reduce(
      (total, [purpose, each]) => total + (purpose === 'others' ? 0 : Number(each)),
      0,
    )
  const forecastCalls = sum(compared.forecast_calls)
  const calls = sum(compared.actual_calls)
  if (Math.abs(forecastCalls - calls) > mostErrorOfCalls * calls) {
    violations.add('forecast', `${forecastCalls} calls were forecast, and ${calls} made`)
  }
  const lagHours = compared.forecast_lag.mean_lag_h ?? 0
  const actualHours = compared.actual_lag.mean_lag_h ?? 0
  const off = Math.max(lagHours, shortLagHours) / Math.max(actualHours, shortLagHours)
  if (off > mostErrorOfLag || off < 1 / mostErrorOfLag) {
    violations.add('forecast', `a mean lag of ${lagHours} h was forecast, and it was ${actualHours} h`)
  }
}
