import Table from 'cli-table3'
import type { ActivityDeps } from '../../../activities/deps.ts'
import type { Written } from '../../config/config-file.ts'
import type { Config } from '../../config/schema.ts'
import type { FirstLook } from '../../destinations/vendor.ts'
import { vendorOf } from '../../destinations/vendors.ts'
import { countCalls, readProgress } from '../../insight/read-progress.ts'
import { countSetAside } from '../../ledger/scans/set-aside.ts'
import { namespaceUrl } from '../../temporal/saved-views.ts'
import type { Temporal } from '../../temporal/server/open-temporal.ts'
import type { RunningConnectors } from '../../worker/run-connectors.ts'
import type { Console } from './console.ts'
import type { Waits } from './describe-hold.ts'
import type { UndeliveredStream } from './delivery-watch.ts'
import { readFailingReport, type FailingReport } from '../../insight/read-failing-report.ts'

/** The result of a first sync; `--once` prints it as JSON. */
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
  /** What fails in the API, so that codes are incomplete. */
  failures: FailingReport['failures']
  /** Malformed rows of the API: stored, but not landed. */
  set_aside_rows: number
  /** Why the sync has not ended: it waits for longer than a user would; null if it is complete. */
  waits: Waits | null
  /** Streams that a destination did not accept, so that not everything is delivered. */
  undelivered: UndeliveredStream[]
}

/** A config, and what its file has for each setting. */
export interface ReadableConfig {
  config: Config
  written: Written
}

export async function summarize(
  running: Pick<RunningConnectors, 'temporalReadySeconds'>,
  { ledger, connector }: Pick<ActivityDeps, 'ledger' | 'connector'>,
  { config, written }: ReadableConfig,
  startedAtMs: number,
): Promise<Omit<SyncResult, 'undelivered' | 'waits'>> {
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
    failures: (await readFailingReport(ledger, connector, nowMs)).failures,
    set_aside_rows: await countSetAside(ledger, { connector }),
    ...firstLookOf(config, written)?.fields,
  }
}

export function printSummary(
  screen: Console,
  temporal: Temporal,
  { config, written }: ReadableConfig,
  workflowId: string,
  result: SyncResult,
): void {
  const table = new Table({
    head: [`${result.waits === null ? 'Synced' : 'Synced in part:'} ${result.connector}`, ''],
    style: { head: [], border: [] },
  })
  const number = (value: number) => value.toLocaleString('en')
  table.push(
    ['Codes', number(result.codes)],
    ['Scans', number(result.scans)],
    ['Calls spent', `${number(result.calls)} (${result.refused} refused)`],
    ['Seconds', `${result.seconds} (Temporal ready after ${result.temporal_ready_seconds})`],
    ...Object.entries(config.destinations).map(([name, destination]) => {
      const isWhole = result.undelivered.every((each) => each.destination !== name)
      const place = `${destination.type}: ${vendorOf(destination).where(destination)}`
      return [`Delivered ${isWhole ? '' : 'in part '}to ${name}`, place]
    }),
  )
  screen.line(table.toString())
  screen.line(`This sync in the Temporal UI: ${workflowUrl(temporal, workflowId)}`)
  const look = firstLookOf(config, written)
  if (look !== null) screen.line(`Try: ${look.command}`)
}

/** Returns how to look into the first destination that people can open. */
export function firstLookOf(
  { destinations }: Pick<Config, 'destinations'>,
  written: Written,
): FirstLook | null {
  for (const [name, destination] of Object.entries(destinations)) {
    const writtenHere = (setting: string) => written('destinations', name, setting)
    const look = vendorOf(destination).firstLook?.(destination, writtenHere)
    if (look !== undefined) return look
  }
  return null
}

/** Returns the link to a workflow in the Temporal UI, or its id if the UI's address is unknown. */
export function workflowUrl(temporal: Pick<Temporal, 'uiUrl' | 'namespace'>, workflowId: string): string {
  if (temporal.uiUrl === null) return `workflow ${workflowId} in namespace ${temporal.namespace}`
  return `${namespaceUrl(temporal.uiUrl, temporal.namespace)}/workflows/${encodeURIComponent(workflowId)}`
}
