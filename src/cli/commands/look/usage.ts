import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import type { UsageReport } from '../../views/usage-report.ts'

export function addUsage(program: Command): void {
  addCommand(program, {
    name: 'usage',
    description: 'show where every call of this month went',
    example: 'qrsync usage --config qrsync.yaml --json',
  }).action(usage)
}

interface UsageOptions {
  config: string
  json: boolean
}

/** Shows where every call of this month went. */
async function usage(options: UsageOptions): Promise<void> {
  const { periodOf } = await import('../../../budget/windows.ts')
  const { readTopCodes, readUsage } = await import('../../../insight/read-usage.ts')
  const { daysBetween, describeUsage, shownCodes } = await import('../../views/usage-report.ts')
  const { withAccount } = await import('../../with-account.ts')
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
    printResult(report, { json: options.json, inWords: describeUsage })
  })
}

function cumulate(byDay: ReadonlyMap<number, number>, days: number): number[] {
  let sum = 0
  return Array.from({ length: days }, (_, day) => (sum += byDay.get(day) ?? 0))
}
