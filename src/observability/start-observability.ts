import type { Runtime } from '@temporalio/worker'
import getPort from 'get-port'
import type { Logger } from 'pino'
import type { Observer } from '../../activities/observer.ts'
import type { Config } from '../config/schema.ts'
import { openChannels } from './alerts/open-channels.ts'
import { watchAlerts } from './alerts/alert-watch.ts'
import { createGauges } from './gauges.ts'
import { readHealth, type WorkerState } from './health.ts'
import { createLogger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createPlainLog } from './plain-log.ts'
import { noTracing, type Tracing } from './no-tracing.ts'
import { createObserver } from './create-observer.ts'
import { secretsOf, secretsOfEnvironment } from './secrets-of.ts'
import { closeServer, serve } from './serve.ts'
import { installTemporalRuntime } from './temporal-runtime.ts'
import type { Watched } from './vitals.ts'

/** The parts of a config that say who gets which alerts. */
type AlertingConfig = Pick<Config, 'alerts' | 'observability'>

/** How a process reports on itself: log, metrics, health, traces and alerts. */
export interface Observability {
  logger: Logger
  metrics: Metrics
  tracing: Tracing
  /** For the activities of all connectors that the process serves. */
  observer: Observer
  /** Sets what to watch, once it exists. */
  watch(watched: () => readonly Watched[], workerState: () => WorkerState): void
  /**
   * After a change of the config: hides its secrets in the log, and sends alerts to the channels of the first
   * config.
   */
  use(configs: readonly AlertingConfig[]): Promise<void>
  /** Closed last, because it reports how everything else ends. */
  close(): Promise<void>
}

/**
 * Called once per process, before any use of Temporal's SDK.
 *
 * @param configs whose secrets are hidden in the log; the settings are those of the first
 * @param writeLine receives the log as plain lines; without it the log goes to stderr as JSON
 * @throws ConnectorError CONFIG_INVALID if the port of the metrics is not available
 */
export async function startObservability(
  configs: readonly [AlertingConfig, ...object[]],
  writeLine?: (line: string) => void,
): Promise<Observability> {
  const { metrics_port: port, metrics_host: host } = configs[0].observability
  let channels = await openChannels(configs[0])
  const secrets = new Set([...secretsOf(configs), ...secretsOfEnvironment(process.env)])
  const tracing = await openTracing()
  const logger = createLogger({
    secrets,
    fields: tracing.ids,
    ...(writeLine !== undefined && { stream: createPlainLog(writeLine) }),
  })
  tracing.logTo(logger)
  const metrics = createMetrics()
  // Temporal serves its metrics at a port of its own. They are forwarded, so nobody needs to know that port.
  const temporalAddress = port === undefined ? null : `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`
  const runtime = installTemporalRuntime(logger, temporalAddress)
  let watched: () => readonly Watched[] = () => []
  let workerState: () => WorkerState = () => 'starting'
  const gauges = createGauges(metrics, () => watched())
  const health = () => readHealth(workerState(), new Set(watched().map(({ ledger }) => ledger)))
  const server =
    port === undefined
      ? null
      : await serve(
          { host, port },
          {
            '/healthz': async () => {
              const { isWell, ...told } = await health()
              const body = `${JSON.stringify({ status: isWell ? 'ok' : 'failing', ...told })}\n`
              return { status: isWell ? 200 : 503, contentType: 'application/json', body }
            },
            '/metrics': async () => {
              await gauges.refresh()
              const body = (await metrics.registry.metrics()) + (await metricsOfTemporal(temporalAddress))
              return { status: 200, contentType: metrics.registry.contentType, body }
            },
          },
        ).catch(async (error: unknown) => {
          await closeAll(runtime, tracing)
          throw error
        })
  let stopAlerts = (): Promise<void> => Promise.resolve()
  return {
    logger,
    metrics,
    tracing,
    observer: createObserver(logger, metrics, tracing),
    watch(given, state) {
      watched = given
      workerState = state
      for (const { connector, destinations } of given()) {
        for (const [destination, { streams }] of destinations) {
          for (const stream of streams) metrics.rowsRejected.inc({ connector, destination, stream }, 0)
        }
      }
      stopAlerts = watchAlerts(() => {
        if (channels.length === 0) return null
        return { watched: watched(), channels, logger, failures: metrics.webhookFailures }
      })
    },
    async use(changed) {
      for (const secret of secretsOf(changed)) secrets.add(secret)
      const [first] = changed
      if (first !== undefined) channels = await openChannels(first)
    },
    async close() {
      await stopAlerts()
      if (server !== null) await closeServer(server)
      await closeAll(runtime, tracing)
    },
  }
}

/** The standard variables enable it; without them none of its code is loaded. */
async function openTracing(): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = process.env
  return all || traces ? (await import('./tracing.ts')).startTracing() : noTracing
}

async function metricsOfTemporal(address: string | null): Promise<string> {
  try {
    const answer = await fetch(`http://${address ?? ''}/metrics`, { signal: AbortSignal.timeout(2_000) })
    return answer.ok ? await answer.text() : ''
  } catch {
    // There are none before its runtime is running.
    return ''
  }
}

async function closeAll(runtime: Runtime, tracing: Tracing): Promise<void> {
  // Spans that cannot be sent at the end are lost, which is no reason to fail.
  await tracing.close().catch(() => undefined)
  await runtime.shutdown()
}
