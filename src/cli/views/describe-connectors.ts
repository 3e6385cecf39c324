import type { Status } from '../read-status.ts'
import { problems } from './describe-status.ts'
import { number, table, time } from './format.ts'

/** A connector of a folder, or why it could not be read. */
export type SeenConnector = Status | { connector: string; error: { code: string; message: string } }

/** Describes a folder of connectors: problems first, then one line per connector. */
export function describeConnectors(seen: readonly SeenConnector[]): string {
  const wrong = seen.flatMap((each) => problemsOf(each).map((problem) => `! ${each.connector}: ${problem}`))
  return [
    ...wrong,
    `${number(seen.length)} connectors, as of ${time(Date.now())}`,
    table(
      ['Connector', 'State', 'Last sync', 'Complete as of', 'Scans waiting', 'Calls', 'Of'],
      4,
      seen.map(rowOf),
    ),
  ].join('\n')
}

function problemsOf(each: SeenConnector): string[] {
  return 'at' in each ? problems(each) : [`${each.error.code}: ${each.error.message}`]
}

function rowOf(each: SeenConnector): (string | number)[] {
  if (!('at' in each)) return [each.connector, 'not known', '–', '–', '–', '–', '–']
  const { connector, last_sync_at: last, freshness, budget } = each
  const wrong = problemsOf(each).length
  return [
    connector,
    wrong === 0 ? 'ok' : `! ${number(wrong)}`,
    last === null ? 'never' : time(Date.parse(last)),
    completeText(each),
    freshness.waiting_scans,
    budget.calls_this_month,
    budget.calls_per_month,
  ]
}

/** Says up to when all destinations are complete. */
function completeText({ destinations }: Status): string {
  if (destinations.every(({ rowsBehind }) => rowsBehind === 0)) return 'now'
  const times = destinations.map(({ completeAtMs }) => completeAtMs)
  const known = times.filter((ms) => ms !== null)
  return known.length < times.length ? 'never' : time(Math.min(...known))
}
