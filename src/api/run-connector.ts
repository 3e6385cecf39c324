import { followSync, watchDeliveries } from '../cli/views/follow-sync.ts'
import type { Config } from '../config/schema.ts'
import { holdEndsMs } from '../insight/read-hold.ts'
import { countCalls, readProgress } from '../insight/read-progress.ts'
import { readFailingReport } from '../insight/read-failing-report.ts'
import { startObservability } from '../observability/start-observability.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import { startSync } from '../temporal/start-sync.ts'
import { runConnectors, type RunningConnectors } from '../worker/run-connectors.ts'

/** A connector that runs in this process, and syncs by its schedule until it is stopped. */
export interface Connector {
  readonly name: string
  /** Settles when it has stopped; rejects if its worker, or the Temporal server that it started, fails. */
  readonly stopped: Promise<void>
  /**
   * Fetches everything new, and waits until it is delivered.
   *
   * @throws ConnectorError if it fails
   */
  sync(): Promise<SyncReport>
  /** Lets running calls and batches finish. */
  stop(): Promise<void>
}

export interface SyncReport {
  /** All codes that have landed so far. */
  codes: number
  scans: number
  /** Calls that the sync made. */
  calls: number
  /**
   * Why it is not complete, and until when: the calls are spent, or the API asked for a pause. It continues
   * then.
   */
  waits: { reason: string; until: Date } | null
  /** Failing calls, so that something is missing; qrsync retries them. */
  failures: { endpoint: string; qrCodeId: string | null; code: string; message: string }[]
  /** Streams that a destination did not accept; qrsync retries them. */
  undelivered: { destination: string; stream: string; code: string; message: string }[]
}

/** @param onStopped is called once everything has stopped */
export async function runConnector(
  config: Config,
  onProgress: (text: string) => void,
  onStopped: () => void,
): Promise<Connector> {
  const observability = await startObservability([config])
  const running = await runConnectors({
    served: { name: config.connector, configs: [config], files: [] },
    start: 'all',
    reloadFrom: null,
    observability,
    onProgress,
    onStep: onProgress,
    onIdle: () => undefined,
  }).catch(async (error: unknown) => {
    await observability.close()
    throw error
  })
  let stopping: Promise<void> | null = null
  const stop = async () => {
    try {
      await running.stop()
    } finally {
      await observability.close()
      onStopped()
    }
  }
  return {
    name: config.connector,
    stopped: running.stopped,
    sync: () =>
      sync(running, onProgress).catch((error: unknown) => {
        throw nameTemporalError(error, running.temporal)
      }),
    stop: () => (stopping ??= stop()),
  }
}

async function sync(running: RunningConnectors, onProgress: (text: string) => void): Promise<SyncReport> {
  const { place, stopped, trouble } = running
  const [deps] = running.served
  if (deps === undefined) throw new Error('there is no connector')
  const { ledger, connector } = deps
  const startedAtMs = Date.now()
  const start = () => startSync(place, connector)
  const watches = await watchDeliveries(deps)
  const followed = { deps, watches, stopped, trouble, start }
  const { failed, hold } = await followSync(followed, await start(), onProgress)
  const nowMs = Date.now()
  const { codes, landedScans } = await readProgress(ledger, connector)
  const { calls } = await countCalls(ledger, connector, startedAtMs, nowMs)
  const { failures } = await readFailingReport(ledger, connector, nowMs)
  return {
    codes,
    scans: landedScans,
    calls,
    waits: hold && { reason: hold.reason, until: new Date(holdEndsMs(hold)) },
    failures: failures.map(({ endpoint, qr_code_id: qrCodeId, code, message }) => ({
      endpoint,
      qrCodeId,
      code,
      message,
    })),
    undelivered: failed.map(({ destination, stream, code, message }) => ({
      destination,
      stream,
      code,
      message,
    })),
  }
}
