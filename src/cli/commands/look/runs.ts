import type { Command } from 'commander'
import type { RecordedAction } from '../../../ledger/connector/audit-trail.ts'
import type { ListedRun } from '../../../temporal/list-runs.ts'
import type { SavedView } from '../../../temporal/saved-views.ts'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import { WrongUse } from '../../run-to-exit.ts'

export function addRuns(program: Command): void {
  addCommand(program, {
    name: 'runs',
    description:
      'list the last syncs and deliveries, what people have done manually, and links to views of the Temporal UI',
    example: 'qrsync runs --limit 50',
  })
    .option('--limit <n>', 'the number of ended runs, and of actions', '20')
    .option('--ui <url>', 'the address of the Temporal UI, if it is not that of "qrsync up"')
    .action(runs)
}

interface RunsOptions {
  config: string
  limit: string
  ui?: string
  json: boolean
}

interface RunsResult {
  connector: string
  runs: object[]
  actions: object[]
  views: SavedView[]
}

/** Lists a connector's runs in Temporal, running ones first, and the last actions in the ledger's audit trail. Makes no call. */
async function runs({ config: path, limit, ui, json }: RunsOptions): Promise<void> {
  const most = countOf(limit)
  const { loadConfig } = await import('../../../config/load-config.ts')
  const { listRuns } = await import('../../../temporal/list-runs.ts')
  const { savedViews } = await import('../../../temporal/saved-views.ts')
  const { runningServer, uiUrlOf } = await import('../../../temporal/server/running-server.ts')
  const { toTime, toTimeOrNull } = await import('../../../model/to-time.ts')
  const { readActions } = await import('../../../ledger/connector/audit-trail.ts')
  const { withLedgerIfAny } = await import('../../with-account.ts')
  const { table, time } = await import('../../views/format.ts')
  const { withTemporal } = await import('../../with-temporal.ts')
  const config = loadConfig(path, process.env, { mayLackSecrets: true })
  const { connector } = config
  const listed = await withTemporal(config, (client) => listRuns(client, connector, most))
  const recorded = await withLedgerIfAny(config, (ledger) =>
    ledger === null ? Promise.resolve([]) : readActions(ledger, connector, most),
  )
  const views = savedViews(connector, runningServer(config).namespace, ui ?? uiUrlOf(config))
  const toRow = ({ workflowId, runId, startedAtMs, endedAtMs, failure, ...run }: ListedRun) => ({
    ...run,
    workflow_id: workflowId,
    run_id: runId,
    started_at: toTime(startedAtMs),
    ended_at: toTimeOrNull(endedAtMs),
    failure: failure === null ? null : { type: failure.type, message: failure.message },
  })
  const toAction = ({ atMs, qrCodeId, ...action }: RecordedAction) => ({
    at: toTime(atMs),
    ...action,
    qr_code_id: qrCodeId,
  })
  const inWords = (result: RunsResult): string => {
    const rows = (result.runs as ReturnType<typeof toRow>[]).map((run) => [
      run.title,
      run.outcome ?? run.status.toLowerCase(),
      time(Date.parse(run.started_at)),
      run.ended_at === null ? '' : time(Date.parse(run.ended_at)),
      run.calls ?? '',
      run.rows ?? '',
    ])
    const shown =
      rows.length === 0
        ? 'No run is known.'
        : `${table(['Run', 'Outcome', 'Started', 'Ended', 'Calls', 'Rows'], 4, rows)}\n${rowsNote}`
    const actions = (result.actions as ReturnType<typeof toAction>[]).map((each) => [
      time(Date.parse(each.at)),
      each.action,
      [each.destination, each.qr_code_id, each.details].filter((part) => part !== null).join(', '),
      each.via === 'page' ? 'the page' : (each.user ?? 'a command'),
    ])
    const done =
      actions.length === 0
        ? ['No manual action is recorded.']
        : ['Manual actions:', table(['When', 'Action', 'About', 'By'], 4, actions)]
    const links = result.views.map(({ name, query, url }) => `${name}: ${url ?? query}`)
    return [shown, ...done, 'Views of the Temporal UI:', ...links].join('\n')
  }
  printResult<RunsResult>(
    { connector, runs: listed.map(toRow), actions: recorded.map(toAction), views },
    { json, inWords },
  )
}

/** The rows of a sync and of the deliveries after it differ. */
const rowsNote =
  'Rows of a sync: scans and analytics that it has landed. Rows of a delivery: all that it has written, codes and totals too.'

/** @throws WrongUse */
export function countOf(limit: string): number {
  if (/^[1-9]\d{0,3}$/.test(limit)) return Number(limit)
  throw new WrongUse(`--limit ${limit} is no number from 1 to 9999.`)
}
