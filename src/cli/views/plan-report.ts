import { forecastDays, type Forecast } from '../../budget/forecast/forecast.ts'
import type { Lags } from '../../budget/forecast/lags.ts'
import type { MonthComparison } from '../../insight/forecast/compare-with-month.ts'
import { codeName, day, duration, number, short, table } from './format.ts'

/** What `qrsync plan --json` prints. */
export interface PlanReport {
  connector: string
  /** The account's plan, or the given one. */
  plan: string
  from: string
  forecast: Forecast
  /** The forecast for the larger plan; null if it is not the next one. */
  advanced: Forecast | null
  /** What the vendors of destinations say about the forecast, with their own numbers. */
  notes: ({ destination: string; text: string } & Record<string, unknown>)[]
  /** The month's first forecast next to the actual numbers; null if this is the first. */
  this_month: MonthComparison | null
}

/** What the number of scans is estimated from: see docs/planner.md, "Rates and the day's shape". */
const basis =
  'The scans are estimated from those of each code so far, and from its age; the last three weeks count most. A campaign that starts later is not in them.'

export function describePlan(report: PlanReport): string {
  const { connector, plan, from, forecast, advanced, notes, this_month } = report
  const { codes, scans, worst_codes: worst, simulated_days: days } = forecast
  const lines = [
    `${connector} on ${plan}: ${forecastDays} days from ${day(Date.parse(from))}, ` +
      `${number(codes)} codes, about ${number(scans)} scans.`,
  ]
  lines.push(basis)
  if (days < forecastDays) {
    lines.push(
      `Simulated for ${duration(days * 24)} only: on ${plan}, the planner runs so often that 30 days take too long. Calls are scaled up.`,
    )
  }
  lines.push(callTable(forecast))
  lines.push(`From scan to landed: ${lagText(forecast)}.`)
  if (worst.length > 0) {
    lines.push(
      table(
        ['Codes that wait longest', '95 % within', 'Scans a month'],
        1,
        worst.map((code) => [codeName(code), duration(code.p95_lag_h), short(code.scans_per_month)]),
      ),
    )
  }
  lines.push(...infeasible(forecast, plan))
  if (advanced !== null) {
    lines.push(
      `On advanced: half of the scans within ${duration(advanced.p50_lag_h)}, 95 % within ${duration(advanced.p95_lag_h)} ` +
        `(now ${duration(forecast.p50_lag_h)} and ${duration(forecast.p95_lag_h)}).`,
    )
  }
  lines.push(...notes.map(({ destination, text }) => `${destination}: ${text}`))
  if (this_month !== null) lines.push('', comparison(this_month))
  return lines.join('\n')
}

function callTable({ calls, calls_per_month: limit }: Forecast): string {
  const rows = Object.entries<number>({ ...calls }).filter(([, count]) => count > 0)
  const total = rows.reduce((sum, [, count]) => sum + count, 0)
  return table(['Calls for', 'in 30 days'], 1, [
    ...rows.map(([purpose, count]) => [purposeText(purpose), count]),
    ['all', `${number(total)} of ${number(limit)}`],
  ])
}

const endpoints = new Map([
  ['identify', 'GET /me'],
  ['list', 'GET /qr-codes'],
  ['catalogue', 'GET /qr-codes'],
  ['scans', 'GET /qr-codes/{id}/scans'],
  ['history', 'GET /qr-codes/{id}/scans'],
  ['analytics', 'GET /qr-codes/{id}/analytics'],
])

function purposeText(purpose: string): string {
  const endpoint = endpoints.get(purpose)
  return endpoint === undefined ? purpose : `${purpose} (${endpoint})`
}

function lagText({ p50_lag_h: p50, p95_lag_h: p95, mean_lag_h: mean }: Lags): string {
  if (mean === null) return 'no scans yet'
  return `half within ${duration(p50)}, 95 % within ${duration(p95)}, mean ${duration(mean)}`
}

function infeasible({ freshness }: Forecast, plan: string): string[] {
  const planName = `${plan.slice(0, 1).toUpperCase()}${plan.slice(1)}`
  return freshness
    .filter(({ asked_h: asked, achievable_h: achievable }) => achievable > asked)
    .map(
      ({ match, asked_h: asked, achievable_h: achievable }) =>
        `Infeasible on ${planName}: best achievable ${duration(achievable)} for “${match}” (asked: ${duration(asked)}).`,
    )
}

function comparison(month: MonthComparison): string {
  const { forecast_calls: forecast, actual_calls: actual, forecast_lag, actual_lag } = month
  const expected: Record<string, number> = { ...forecast }
  const purposes = [...new Set([...Object.keys(forecast), ...Object.keys(actual)])].filter(
    (purpose) => (expected[purpose] ?? 0) + (actual[purpose] ?? 0) > 0,
  )
  const lag = (name: string, key: keyof Lags) => [
    name,
    duration(forecast_lag[key]),
    duration(actual_lag[key]),
  ]
  return table(
    [`This month, ${short(month.days)} days`, `Forecast of ${month.forecast_made_at.slice(0, 10)}`, 'So far'],
    1,
    [
      ...purposes.map((purpose) => [`Calls: ${purpose}`, expected[purpose] ?? 0, actual[purpose] ?? 0]),
      lag('Half of the scans within', 'p50_lag_h'),
      lag('95 % of the scans within', 'p95_lag_h'),
      lag('Mean from scan to landed', 'mean_lag_h'),
    ],
  )
}
