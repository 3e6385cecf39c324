import Table from 'cli-table3'
import type { ActivityDeps } from '../../../activities/deps.ts'
import type { Config, DestinationConfig } from '../../config/schema.ts'
import { countCalls, readProgress } from '../../insight/read-progress.ts'
import { countSetAside } from '../../ledger/scans/set-aside.ts'
import type { Temporal } from '../../temporal/server/open-temporal.ts'
import type { RunningConnectors } from '../../worker/run-connectors.ts'
import type { Console } from './console.ts'
import type { UndeliveredStream } from './delivery-watch.ts'
import { readFailingReport, type FailingReport } from '../../insight/read-failing-report.ts'

/** What a first sync came to; printed as JSON by `--once`. */
export interface SyncResult {
  connector: string
  codes: number
  scans: number
  calls: number
  /** Calls answered 429. */
  refused: number
  /** From the start of the command until the last row was delivered. */
  seconds: number
  temporal_ready_seconds: number
  /** The first DuckDB destination's file. */
  duckdb: string | null
  /** What of the API fails, so that codes are incomplete. */
  failures: FailingReport['failures']
  /** Rows of the API that do not fit: kept, and not landed. */
  set_aside_rows: number
  /** Streams that a destination did not take, so that not all of it is delivered. */
  undelivered: UndeliveredStream[]
}

export async function summarize(
  running: Pick<RunningConnectors, 'temporalReadySeconds'>,
  { ledger, connector }: Pick<ActivityDeps, 'ledger' | 'connector'>,
  config: Config,
  startedAtMs: number,
): Promise<Omit<SyncResult, 'undelivered'>> {
  const nowMs = Date.now()
  const progress = await readProgress(ledger, connector)
  const { calls, refused } = await countCalls(ledger, connector, startedAtMs, nowMs)
  return {
    connector,
    codes: progress.codes,
    scans: progress.landedScans,
    calls,
    refused,
    seconds: Math.round((nowMs - startedAtMs) / 100) / 10,
    temporal_ready_seconds: Math.round(running.temporalReadySeconds * 10) / 10,
    duckdb: firstDuckDb(config),
    failures: (await readFailingReport(ledger, connector, nowMs)).failures,
    set_aside_rows: await countSetAside(ledger, { connector }),
  }
}

export function printSummary(
  screen: Console,
  temporal: Temporal,
  config: Config,
  workflowId: string,
  result: SyncResult,
): void {
  const table = new Table({ head: [`Synced ${result.connector}`, ''], style: { head: [], border: [] } })
  const number = (value: number) => value.toLocaleString('en')
  table.push(
    ['Codes', number(result.codes)],
    ['Scans', number(result.scans)],
    ['Calls spent', `${number(result.calls)} (${result.refused} refused)`],
    ['Seconds', `${result.seconds} (Temporal ready after ${result.temporal_ready_seconds})`],
    ...Object.entries(config.destinations).map(([name, destination]) => {
      const isWhole = result.undelivered.every((each) => each.destination !== name)
      return [`Delivered ${isWhole ? '' : 'in part '}to ${name}`, placeOf(destination)]
    }),
  )
  screen.line(table.toString())
  screen.line(`This sync in the Temporal UI: ${workflowUrl(temporal, workflowId)}`)
  if (result.duckdb !== null) {
    screen.line(
      `Try: duckdb -readonly ${result.duckdb} "SELECT name, scans, last_scanned_at FROM scans_by_code ORDER BY scans DESC LIMIT 10"`,
    )
  }
}

function firstDuckDb({ destinations }: Config): string | null {
  for (const destination of Object.values(destinations)) {
    if (destination.type === 'duckdb') return destination.path
  }
  return null
}

/** Where a destination is, as far as the config file tells. */
function placeOf(destination: DestinationConfig): string {
  switch (destination.type) {
    case 'duckdb':
      return `duckdb: ${destination.path}`
    case 'bigquery':
      return `bigquery: ${destination.project}.${destination.dataset}`
    case 'hubspot':
      return `hubspot: ${destination.object}`
  }
}

/** Where the Temporal UI shows a workflow; its id where we do not know the UI's address. */
export function workflowUrl(temporal: Temporal, workflowId: string): string {
  if (temporal.uiUrl === null) return `workflow ${workflowId} in namespace ${temporal.namespace}`
  return `${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`
}
