import { periodOf } from '../../budget/windows.ts'
import {
  readTopCodes,
  readUsage,
  type CallSums,
  type CodeUsage,
  type Usage,
} from '../../insight/read-usage.ts'
import { burnDown } from '../views/burn-down.ts'
import { codeName, number, print, table, time } from '../views/format.ts'
import { withAccount } from '../with-account.ts'

export interface UsageOptions {
  config: string
  json: boolean
}

const shownCodes = 10

/** What `--json` prints. */
interface UsageReport {
  connector: string
  month_starts_at: string
  month_ends_at: string
  calls_per_month: number
  /** Counted against the month: ours, and those of others. */
  calls_this_month: number
  calls_of_others: number
  total: CallSums
  purposes: Usage['purposes']
  top_codes: CodeUsage[]
  /** Ours, summed up to each day's end; the last day is today. */
  calls_by_day_cumulative: number[]
}

/** `qrsync usage`: where every call of this month went. */
export async function usage(options: UsageOptions): Promise<void> {
  await withAccount(options.config, async ({ ledger, state }) => {
    const nowMs = Date.now()
    const { connector } = state
    const period = periodOf(nowMs, state.month_resets_at_ms)
    const { purposes, total, callsByDay, month } = await readUsage(ledger, connector, period)
    const report: UsageReport = {
      connector,
      month_starts_at: new Date(period.startMs).toISOString(),
      month_ends_at: new Date(period.endMs).toISOString(),
      calls_per_month: state.calls_per_month,
      calls_this_month: month.calls,
      calls_of_others: month.others,
      total,
      purposes,
      top_codes: await readTopCodes(ledger, connector, period, shownCodes),
      calls_by_day_cumulative: cumulate(callsByDay, daysBetween(period.startMs, nowMs)),
    }
    print(options.json ? JSON.stringify(report) : describe(report))
  })
}

/** Days that have begun. */
const daysBetween = (fromMs: number, toMs: number) => Math.floor((toMs - fromMs) / (24 * 3_600_000)) + 1

function cumulate(byDay: ReadonlyMap<number, number>, days: number): number[] {
  let sum = 0
  return Array.from({ length: days }, (_, day) => (sum += byDay.get(day) ?? 0))
}

function describe(report: UsageReport): string {
  const { total, purposes, top_codes: codes, calls_per_month: limit } = report
  const used = report.calls_this_month
  const endMs = Date.parse(report.month_ends_at)
  const lines = [
    `${report.connector}: ${number(used)} of ${number(limit)} calls until ${time(endMs)}, ` +
      `${number(report.calls_of_others)} of them by others; ${number(Math.max(limit - used, 0))} left.`,
    table(
      ['Endpoint', 'For', 'Calls', 'Rows', 'Rows per call', 'Refused', 'Failed'],
      2,
      [...purposes, { endpoint: 'all', purpose: '', ...total }].map((row) => [
        row.endpoint,
        row.purpose,
        row.calls,
        row.rows,
        rowsPerCall(row),
        row.refused,
        row.failed,
      ]),
    ),
  ]
  if (codes.length > 0) {
    lines.push(
      table(
        [codes.length < shownCodes ? 'Code' : 'Codes with the most calls', 'Calls', 'Rows', 'Rows per call'],
        1,
        codes.map((code) => [codeName(code), code.calls, code.rows, rowsPerCall(code)]),
      ),
    )
  }
  const days = daysBetween(Date.parse(report.month_starts_at), endMs - 1)
  lines.push('Calls by day of the month, against its limit:')
  lines.push(burnDown(report.calls_by_day_cumulative, days, limit))
  return lines.join('\n')
}

function rowsPerCall({ calls, rows }: { calls: number; rows: number }): string {
  return calls === 0 ? '–' : (rows / calls).toFixed(1)
}
