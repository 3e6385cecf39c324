import { sql } from 'kysely'
import { toTime } from '../../model/to-time.ts'
import { dayMs, hourMs } from '../../model/durations.ts'
import { periodOf } from '../../budget/windows.ts'
import { countLandedLags } from './count-landed-lags.ts'
import { readForecast } from '../../ledger/connector/forecasts.ts'
import { readLandedLags } from '../read-landed-lags.ts'
import { readRefusalReasons } from './read-refusal-reasons.ts'
import { readAudience, startOfDays } from './read-audience.ts'
import { readCodes } from './read-codes.ts'
import { readStreamStandings } from './read-stream-standings.ts'
import { readUsage } from '../read-usage.ts'
import { countRejects, readRejects } from '../../ledger/deliveries/rejects.ts'
import type {
  CallsOfMonth,
  Completeness,
  ReportedDestination,
  Difference,
  LandedLags,
  Refusals,
  ReportData,
  ScansPerDay,
} from '../../report/report-data.ts'
import { compareWithMonth, readFirstAnalytics, type MonthComparison } from '../forecast/compare-with-month.ts'
import { readDifferences } from '../read-differences.ts'
import type { DeliveredStream } from '../../streams/streams.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

const recentDays = 30
const mostDays = 90
/** The page must open at once on a phone, whatever the number of rows. */
const most = { reasons: 20, rejects: 100, differences: 100 }

const minuteH = 1 / 60
const lagEdgesH = [1 * minuteH, 5 * minuteH, 15 * minuteH, 1, 3, 6, 12, 24, 48, 168]

/** The account to report on. */
export interface ReportedAccount {
  ledger: Ledger
  state: ConnectorState
  destinations: readonly { name: string; type: string; streams: readonly DeliveredStream[] }[]
}

/** Returns everything that the report shows from the ledger, without a call. */
export async function readReport(account: ReportedAccount, nowMs: number): Promise<ReportData> {
  const { connector, plan } = account.state
  const completeness = await readCompletenessOf(account, nowMs)
  const scope = { connector, days: recentDays, nowMs }
  return {
    connector,
    plan,
    made_at: toTime(nowMs),
    ...(await readCallsAndLags(account, nowMs)),
    scans: await readScans(account, nowMs, completeness.missing.pending),
    codes: await readCodes(account.ledger, connector, await readAudience(account.ledger, scope), nowMs),
    destinations: await readDestinations(account),
    rejects: await readRefusals(account),
    completeness,
  }
}

async function readCallsAndLags(
  { ledger, state }: ReportedAccount,
  nowMs: number,
): Promise<{ calls: CallsOfMonth; lags: LandedLags }> {
  const { connector } = state
  const period = periodOf(nowMs, state.month_resets_at_ms)
  const { callsByDay, purposes: used, month } = await readUsage(ledger, connector, period)
  const kept = await readForecast(ledger, connector, period.key)
  const compared = kept && (await compareWithMonth(ledger, state, period, kept, nowMs))
  const actual: Record<string, number> = { others: month.others }
  for (const { purpose, calls } of used) actual[purpose] = (actual[purpose] ?? 0) + calls
  const before = callsBefore(actual, compared)
  const expected: Record<string, number> = { ...compared?.forecast_calls }
  const calls: CallsOfMonth = {
    month_starts_at: toTime(period.startMs),
    month_ends_at: toTime(period.endMs),
    calls_per_month: state.calls_per_month,
    calls_this_month: month.calls,
    calls_of_others: month.others,
    days: Array.from({ length: Math.floor((nowMs - period.startMs) / dayMs) + 1 }, (_, day) => ({
      starts_at: toTime(period.startMs + day * dayMs),
      calls: callsByDay.get(day) ?? 0,
    })),
    forecast: kept && {
      made_at: toTime(kept.madeAtMs),
      calls_left: Math.max(state.calls_per_month - sumOf(before), 0),
      calls_in_30_days: sumOf({ ...kept.forecast.calls }),
      history_calls: kept.forecast.calls.history,
      first_analytics_calls: await readFirstAnalytics(ledger, state, period, kept.madeAtMs),
    },
    purposes: [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
      .map((purpose) => ({
        purpose,
        calls: actual[purpose] ?? 0,
        forecast: compared === null ? null : (before[purpose] ?? 0) + (expected[purpose] ?? 0),
      }))
      .filter((row) => row.calls + (row.forecast ?? 0) > 0),
  }
  return { calls, lags: await readLags({ ledger, state }, compared?.forecast_lag ?? null, nowMs) }
}

/** The month's calls by purpose that were made before its forecast. */
function callsBefore(
  actual: Readonly<Record<string, number>>,
  compared: MonthComparison | null,
): Record<string, number> {
  const since = compared?.actual_calls ?? {}
  return Object.fromEntries(
    Object.entries(actual).map(([purpose, calls]) => [purpose, Math.max(calls - (since[purpose] ?? 0), 0)]),
  )
}

const sumOf = (calls: Readonly<Record<string, number>>) =>
  Object.values(calls).reduce((sum, each) => sum + each, 0)

async function readLags(
  { ledger, state }: Pick<ReportedAccount, 'ledger' | 'state'>,
  forecast: LandedLags['forecast'],
  nowMs: number,
): Promise<LandedLags> {
  const sinceMs = nowMs - recentDays * dayMs
  const scope = { landedSinceMs: sinceMs, scannedSinceMs: state.connected_at_ms ?? 0 }
  const counts = await countLandedLags(
    ledger,
    state.connector,
    scope,
    lagEdgesH.map((edgeH) => edgeH * hourMs),
  )
  return {
    since: toTime(sinceMs),
    ...(await readLandedLags(ledger, state.connector, scope)),
    buckets: counts.map((scans, index) => ({ up_to_h: lagEdgesH[index] ?? null, scans })),
    forecast,
  }
}

async function readScans(
  { ledger, state }: ReportedAccount,
  nowMs: number,
  waiting: number,
): Promise<ScansPerDay> {
  const sinceMs = startOfDays(nowMs, mostDays)
  const byDay = await readScansByDay(ledger, state.connector, sinceMs)
  const days = Array.from({ length: mostDays }, (_, index) => ({
    day: toTime(sinceMs + index * dayMs).slice(0, 10),
    scans: byDay.get(sinceMs / dayMs + index) ?? 0,
  }))
  // Leave out the days before the first scan, so that a new account does not look as if it had none.
  const first = days.findIndex(({ scans }) => scans > 0)
  return { days: days.slice(Math.min(first === -1 ? mostDays : first, mostDays - recentDays)), waiting }
}

/**
 * Counts landed scans by the UTC day (days since 1970) on which they were scanned; days without scans are left
 * out.
 */
async function readScansByDay(
  ledger: Ledger,
  connector: string,
  sinceMs: number,
): Promise<Map<number, number>> {
  const day = sql<number>`cast(scanned_at_ms / ${sql.lit(dayMs)} as integer)`
  const days = await ledger
    .selectFrom('scans')
    .select((eb) => [day.as('day'), eb.fn.countAll<number>().as('scans')])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', sinceMs)
    .groupBy(day)
    .execute()
  return new Map(days.map(({ day, scans }) => [day, scans]))
}

async function readDestinations({
  ledger,
  state,
  destinations,
}: ReportedAccount): Promise<ReportedDestination[]> {
  const standings: ReportedDestination[] = []
  for (const { name, type, streams } of destinations) {
    const ofStreams = await readStreamStandings(ledger, state, name, streams)
    standings.push({
      name,
      type,
      streams: ofStreams.map((each) => ({
        stream: each.stream,
        watermark: each.watermarkSeq,
        last_position: each.lastSeq,
        rows_behind: each.rowsBehind,
        delivered_rows: each.deliveredRows,
        delivered_at: each.deliveredAtMs === null ? null : toTime(each.deliveredAtMs),
        refused_rows: each.refusedRows,
      })),
    })
  }
  return standings
}

async function readRefusals({ ledger, state: { connector } }: ReportedAccount): Promise<Refusals> {
  const reasons = await readRefusalReasons(ledger, connector, most.reasons)
  const latest = await readRejects(ledger, { connector }, most.rejects)
  return {
    rows: await countRejects(ledger, { connector }),
    reasons: reasons.map(({ lastRefusedMs, ...reason }) => ({
      ...reason,
      last_refused_at: toTime(lastRefusedMs),
    })),
    latest: latest.map(({ rejectedAtMs, ...reject }) => ({ ...reject, rejected_at: toTime(rejectedAtMs) })),
  }
}

async function readCompletenessOf({ ledger, state }: ReportedAccount, nowMs: number): Promise<Completeness> {
  const { codes, complete_codes, landed_scans, differences } = await readDifferences(ledger, state, nowMs)
  const sum = (of: keyof Completeness['missing']) => differences.reduce((scans, code) => scans + code[of], 0)
  return {
    codes,
    complete_codes,
    landed_scans,
    missing: {
      pending: sum('pending'),
      late: sum('late'),
      not_handed_out: sum('not_handed_out'),
      gone_with_code: sum('gone_with_code'),
      unexplained: sum('unexplained'),
    },
    differences: differences.sort(byUrgency).slice(0, most.differences),
  }
}

const missingOf = (code: Difference) =>
  code.pending + code.late + code.not_handed_out + code.gone_with_code + code.unexplained

const byUrgency = (a: Difference, b: Difference) =>
  b.unexplained - a.unexplained || missingOf(b) - missingOf(a)
