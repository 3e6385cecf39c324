import Table from 'cli-table3'
import type { Outcome } from './compare-versions.ts'

const columns = {
  seconds: 'seconds',
  cpu_seconds: 'CPU s',
  peak_rss_mb: 'MB',
  calls: 'calls',
  history_events: 'events',
  statements: 'statements',
  transactions: 'transactions',
  written_bytes: 'bytes written',
} as const satisfies Partial<Record<keyof Outcome, string>>

type Column = keyof typeof columns
const names = Object.keys(columns) as Column[]

/** A row for each version in each scenario, and the ratio of the first version to the others. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const table = new Table({
    head: ['scenario', 'version', ...Object.values(columns)],
    style: { head: [], border: [] },
  })
  const byScenario = Map.groupBy(outcomes, ({ scans, scenario }) => `${scenario} (${scans} scans)`)
  for (const [scenario, rows] of byScenario) {
    for (const row of rows) table.push([scenario, row.version, ...names.map((name) => String(row[name]))])
    const [current, ...others] = rows
    if (current === undefined) continue
    for (const other of others) {
      table.push([scenario, `to ${other.version}`, ...names.map((name) => ratio(current[name], other[name]))])
    }
  }
  return table.toString()
}

const ratio = (current: number, previous: number) => (previous === 0 ? '–' : (current / previous).toFixed(2))
