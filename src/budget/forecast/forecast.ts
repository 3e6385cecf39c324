import { dayMs, hourMs } from '../../model/durations.ts'
import { historyShare, ourCalls } from '../allowance.ts'
import { cadenceOf } from '../cadence.ts'
import { type DayShape } from '../day-shape.ts'
import { lagsOf, toLagHours, type Lags } from './lags.ts'
import { plan } from '../plan.ts'
import { RuleBook } from '../price/rule-book.ts'
import { simulateMonth, type SimulatedCode } from './simulate-month.ts'

export interface ForecastCode extends SimulatedCode {
  name: string | null
  /** The entry of the config file with its freshness target. */
  match: string | null
}

export interface ForecastInput {
  codes: readonly ForecastCode[]
  shape: DayShape
  list: {
    /** Calls for a pass over all codes. */
    pages: number
    isSorted: boolean
    tells: boolean
    /** Whether it can return only what has changed (`updated_since`). */
    tellsChanges: boolean
  }
  hasAnalytics: boolean
  callsPerMonth: number
  /** Our part of these calls. */
  share: number
  /** Calls that others usually make in a month. */
  othersPerMonth: number
  /** Calls that history will need. */
  historyCalls: number
  startMs: number
  /** Uniform in [0, 1); the same numbers make the same forecast. */
  random: () => number
  /** Called with the progress of the simulation; returns whether it must end there. */
  isOver?: (simulatedMs: number) => boolean
}

/** The forecast for 30 days. Its names are those of `qrsync plan --json`, and the ledger stores it as JSON. */
export interface Forecast extends Lags {
  /** Days that were simulated; calls are counted up to 30. */
  simulated_days: number
  calls_per_month: number
  calls: ForecastCalls
  codes: number
  /** Expected in 30 days. */
  scans: number
  worst_codes: { id: string; name: string | null; p95_lag_h: number; scans_per_month: number }[]
  /** Freshness targets, by entry of the config file: the target, and what the calls allow. */
  freshness: { match: string; codes: number; asked_h: number; achievable_h: number }[]
}

/** By purpose, as `qrsync usage` counts them; `others` are those of other users of the account. */
export interface ForecastCalls {
  identify: number
  list: number
  catalogue: number
  scans: number
  history: number
  analytics: number
  others: number
}

export const forecastDays = 30
const forecastMs = forecastDays * dayMs
const worstCodes = 5
/** More scans need more memory than a command may use. A shorter span with this many says as much. */
const mostSimulatedScans = 2_000_000

/** Simulates the planner with these codes over the next 30 days. */
export function forecast(input: ForecastInput): Forecast {
  const { codes, startMs, callsPerMonth } = input
  const fixed = fixedCalls(input)
  const planned = Math.max(callsToUse(input) - fixed.identify - fixed.catalogue - fixed.history, 0)
  const scans = codes.reduce((sum, { ratePerHour }) => sum + ratePerHour, 0) * (forecastMs / hourMs)
  const spanMs = forecastMs * Math.min(1, mostSimulatedScans / Math.max(scans, 1))
  const calls = Math.round(planned * (spanMs / forecastMs))
  const endMs = startMs + spanMs
  const month = simulateMonth({ ...input, endMs, calls })

  const simulatedMs = month.endedMs - startMs
  const used = month.calls.list + month.calls.scans + month.calls.analytics
  const scale = Math.min(forecastMs / simulatedMs, planned / Math.max(used, 1))
  return {
    simulated_days: round(simulatedMs / dayMs),
    calls_per_month: callsPerMonth,
    calls: {
      ...fixed,
      list: Math.round(month.calls.list * scale),
      scans: Math.round(month.calls.scans * scale),
      analytics: Math.round(month.calls.analytics * scale),
    },
    codes: codes.length,
    scans: Math.round(scans),
    ...lagsOf([...month.lagsMs.values()].flat()),
    worst_codes: worstOf(codes, month.lagsMs),
    freshness: freshnessOf(input, planned),
  }
}

/** Returns the calls that others leave, at most our share. */
function callsToUse({
  callsPerMonth,
  share,
  othersPerMonth,
}: Pick<ForecastInput, 'callsPerMonth' | 'share' | 'othersPerMonth'>): number {
  return Math.min(callsPerMonth - Math.round(othersPerMonth), ourCalls(callsPerMonth, share))
}

/** Returns the calls that are made whatever the planner does. */
function fixedCalls({
  list,
  historyCalls,
  ...account
}: ForecastInput): Omit<ForecastCalls, 'list' | 'scans' | 'analytics'> {
  const updatedPages = list.tellsChanges ? 1 : list.pages
  const cadence = cadenceOf(ourCalls(account.callsPerMonth, account.share), list.pages, updatedPages)
  const identify = Math.round(forecastMs / cadence.identifyEveryMs)
  const catalogue = Math.round(
    (updatedPages * forecastMs) / cadence.updatedEveryMs + (list.pages * forecastMs) / cadence.fullEveryMs,
  )
  const others = Math.round(account.othersPerMonth)
  const left = Math.max(callsToUse(account) - identify - catalogue, 0)
  return { identify, catalogue, others, history: Math.min(historyCalls, Math.floor(left * historyShare)) }
}

function worstOf(
  codes: readonly ForecastCode[],
  lagsMs: ReadonlyMap<string, readonly number[]>,
): Forecast['worst_codes'] {
  return codes
    .map(({ id, name, ratePerHour }) => ({
      id,
      name,
      p95_lag_h: lagsOf(lagsMs.get(id) ?? []).p95_lag_h ?? -1,
      scans_per_month: round(ratePerHour * (forecastMs / hourMs)),
    }))
    .filter(({ p95_lag_h }) => p95_lag_h >= 0)
    .sort((a, b) => b.p95_lag_h - a.p95_lag_h)
    .slice(0, worstCodes)
}

/** Targets as the planner sees them on the first day: near the end of a month, its numbers depend on chance. */
function freshnessOf({ codes, shape, list, startMs }: ForecastInput, calls: number): Forecast['freshness'] {
  const entries = new Map<string, Forecast['freshness'][number]>()
  for (const { match, targetMs } of codes) {
    if (match === null || targetMs === null) continue
    const entry = entries.get(match) ?? { match, codes: 0, asked_h: toLagHours(targetMs), achievable_h: 0 }
    entries.set(match, { ...entry, codes: entry.codes + 1 })
  }
  if (entries.size === 0) return []
  const quiet = {
    pending: 0,
    asOfMs: startMs,
    emptyAtMs: startMs,
    isHistory: false,
    history: null,
    gap: null,
  }
  const { stretch } = plan(
    {
      nowMs: startMs,
      periodEndsMs: startMs + forecastMs,
      fixedCallsPerHour: 0,
      callsLeft: calls,
      callsNow: calls,
      historyCallsLeft: 0,
      lastPriceStep: undefined,
      codes: codes.map((code) => ({ ...code, ...quiet, scansSinceAnalytics: null })),
      list: { ...list, listedAtMs: startMs },
    },
    new RuleBook(shape),
  )
  return [...entries.values()].map((entry) => ({
    ...entry,
    achievable_h: toLagHours(entry.asked_h * stretch * hourMs),
  }))
}

const round = (value: number) => Math.round(value * 1_000) / 1_000
