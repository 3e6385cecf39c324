import { plot, type Formatter } from 'simple-ascii-chart'
import type { CallSums, CodeUsage, Usage } from '../../insight/read-usage.ts'
import { codeName, number, table, time } from './format.ts'

/** The object that `--json` prints. */
export interface UsageReport {
  connector: string
  month_starts_at: string
  month_ends_at: string
  calls_per_month: number
  /** Calls that count in the month: ours, and those of others. */
  calls_this_month: number
  calls_of_others: number
  total: CallSums
  purposes: Usage['purposes']
  top_codes: CodeUsage[]
  /** Our calls, cumulative up to each day's end; the last day is today. */
  calls_by_day_cumulative: number[]
}

/** Codes with the most calls. */
export const shownCodes = 10

export function describeUsage(report: UsageReport): string {
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

/** Returns the number of days that have begun. */
export const daysBetween = (fromMs: number, toMs: number) =>
  Math.floor((toMs - fromMs) / (24 * 3_600_000)) + 1

const size = { width: 62, height: 8 }

/** Draws a chart of the calls made up to each day of a month, with the limit as a line. */
function burnDown(callsByDay: readonly number[], days: number, limit: number): string {
  const calls = [0, ...callsByDay].map((sum, day): [number, number] => [day, sum])
  const line: [number, number][] = [
    [0, limit],
    [days, limit],
  ]
  const formatter: Formatter = (value, { axis }) => (axis === 'y' ? number(Math.round(value)) : value)
  return plot([calls, line], {
    ...size,
    formatter,
    yRange: [0, Math.max(limit, callsByDay.at(-1) ?? 0)],
    customYAxisTicks: [0, limit / 2, limit],
    customXAxisTicks: [0, 7, 14, 21, days],
  }).trimEnd()
}
