import { dayMs } from '../../src/model/durations.ts'
import { describe, expect, it } from 'vitest'
import {
  forecast,
  type Forecast,
  type ForecastCode,
  type ForecastInput,
} from '../../src/budget/forecast/forecast.ts'
import { evenDay } from '../../src/budget/day-shape.ts'
import { lagsOf } from '../../src/budget/forecast/lags.ts'
import { randomFrom } from '../support/random-from.ts'

/** Codes by Zipf's law; every tenth is a poster. */
function codesOf(count: number, scansPerMonth: number, posterTargetMs: number | null = null): ForecastCode[] {
  const shares = Array.from({ length: count }, (_, index) => 1 / (index + 1))
  const sum = shares.reduce((total, share) => total + share)
  return shares.map((share, index) => {
    const targetMs = index % 10 === 9 ? posterTargetMs : null
    return {
      id: `code-${index}`,
      name: index === 0 ? null : `Menu ${index}`,
      priority: 1,
      targetMs,
      ratePerHour: (scansPerMonth / 720) * (share / sum),
      match: targetMs === null ? null : 'Poster *',
    }
  })
}

const pro = 5_000

function forecastOf(input: Partial<ForecastInput> = {}): Forecast {
  return forecast({
    codes: codesOf(30, 5_000),
    shape: evenDay,
    hasAnalytics: true,
    callsPerMonth: pro,
    share: 1,
    othersPerMonth: 0,
    historyCalls: 0,
    startMs: Date.parse('2026-03-10T15:20:00Z'),
    list: { pages: 1, isSorted: true, tells: true, tellsChanges: true },
    random: randomFrom(1),
    ...input,
  })
}

let usual: Forecast | undefined
/** Of the account above: simulating a month takes a second. */
const usualForecast = () => (usual ??= forecastOf())

const sumOf = (calls: Forecast['calls']) =>
  Object.values<number>({ ...calls }).reduce((sum, each) => sum + each)

describe('the forecast of a month', () => {
  it('spends no more than is left, and nearly all of it if scans wait', () => {
    const { calls, calls_per_month, simulated_days, codes, scans } = forecastOf({
      codes: codesOf(30, 50_000),
    })
    expect({ calls_per_month, simulated_days, codes, scans }).toEqual({
      calls_per_month: pro,
      simulated_days: 30,
      codes: 30,
      scans: 50_000,
    })
    expect(sumOf(calls)).toBeLessThanOrEqual(pro)
    expect(sumOf(calls)).toBeGreaterThan(0.9 * pro)
    expect(calls.identify).toBeGreaterThan(0)
    expect(calls.catalogue).toBeGreaterThan(0)
  })

  it('is the same for the same numbers', () => {
    expect(forecastOf()).toEqual(usualForecast())
  })

  it('is fresher with more calls, and less fresh if others use some', () => {
    const own = usualForecast().mean_lag_h ?? Infinity
    const shared = forecastOf({ othersPerMonth: 3_000 })
    expect(forecastOf({ callsPerMonth: 10_000 }).mean_lag_h).toBeLessThan(own / 2)
    expect(shared.mean_lag_h).toBeGreaterThan(own * 1.5)
    expect(shared.calls.others).toBe(3_000)
    expect(sumOf(shared.calls)).toBeLessThanOrEqual(pro)
  })

  it('gives history at most half', () => {
    expect(forecastOf({ historyCalls: 300 }).calls.history).toBe(300)
    const { calls } = forecastOf({ historyCalls: 20_000 })
    expect(calls.history).toBe(Math.floor((pro - calls.identify - calls.catalogue) / 2))
    expect(sumOf(calls)).toBeLessThanOrEqual(pro)
  })

  it('continues without calls if others spend them all', () => {
    const { calls, p50_lag_h } = forecastOf({ othersPerMonth: 9_000 })
    expect(calls).toMatchObject({ list: 0, scans: 0, analytics: 0, history: 0 })
    expect(p50_lag_h).toBeGreaterThan(24 * 7)
  })

  it('names the codes that wait longest, starting with the worst', () => {
    const { worst_codes: worst, p50_lag_h: median } = usualForecast()
    const lags = worst.map(({ p95_lag_h }) => p95_lag_h)
    expect(worst).toHaveLength(5)
    expect(lags).toEqual(lags.toSorted((a, b) => b - a))
    expect(Math.min(...lags)).toBeGreaterThan(median ?? Infinity)
  })

  it('has no lags for an account without codes', () => {
    expect(forecastOf({ codes: [] })).toMatchObject({
      codes: 0,
      scans: 0,
      mean_lag_h: null,
      p50_lag_h: null,
      p95_lag_h: null,
      worst_codes: [],
      freshness: [],
    })
  })

  it('counts calls for 30 days even if it is cut short', () => {
    const whole = usualForecast()
    const cut = forecastOf({ isOver: (simulatedMs) => simulatedMs > 6 * dayMs })
    expect(cut.simulated_days).toBeGreaterThanOrEqual(6)
    expect(cut.simulated_days).toBeLessThan(7)
    expect(sumOf(cut.calls)).toBeLessThanOrEqual(pro)
    expect(sumOf(cut.calls)).toBeGreaterThan(0.8 * sumOf(whole.calls))
    expect(cut.mean_lag_h).toBeGreaterThan((whole.mean_lag_h ?? 0) / 2)
    expect(cut.mean_lag_h).toBeLessThan((whole.mean_lag_h ?? 0) * 2)
  })
})

describe('freshness targets', () => {
  const minute = 60_000

  it('are achievable if they fit; one that does not fit is reported with the value that does', () => {
    const codes = codesOf(30, 5_000, 2 * minute)
    // It is known before the first day is over what is achievable.
    const isOver = () => true
    const [tight] = forecastOf({ codes, isOver }).freshness
    expect(tight).toMatchObject({ match: 'Poster *', codes: 3, asked_h: 0.0333 })
    expect(tight?.achievable_h).toBeGreaterThan(0.05)
    expect(forecastOf({ codes, callsPerMonth: 100_000, isOver }).freshness).toEqual([
      { match: 'Poster *', codes: 3, asked_h: 0.0333, achievable_h: 0.0333 },
    ])
  })

  it('do not matter if no code has one', () => {
    expect(usualForecast().freshness).toEqual([])
  })
})

describe('lags', () => {
  it('have a mean and shares', () => {
    const hours = Array.from({ length: 100 }, (_, index) => (100 - index) * 3_600_000)
    expect(lagsOf(hours)).toEqual({ mean_lag_h: 50.5, p50_lag_h: 50, p95_lag_h: 95 })
    expect(lagsOf([1_800_000])).toEqual({ mean_lag_h: 0.5, p50_lag_h: 0.5, p95_lag_h: 0.5 })
    expect(lagsOf([])).toEqual({ mean_lag_h: null, p50_lag_h: null, p95_lag_h: null })
  })
})
