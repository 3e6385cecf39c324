import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker'
import type { Logger } from 'pino'
import { contextOfWorkflow } from './log-context.ts'

/**
 * Sends the log of Temporal's SDK to ours, and serves its metrics. Called once per process, before any other
 * use of the SDK.
 *
 * The runtime ends with the last connection. If no connection was ever made, only its `shutdown()` lets the
 * process end.
 *
 * @param metricsAddress such as `127.0.0.1:9465`; null serves none
 */
export function installTemporalRuntime(logger: Logger, metricsAddress: string | null = null): Runtime {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  return Runtime.install({
    logger: new DefaultLogger(lowestLevel(logger), ({ level, message, meta }) => {
      if (isOfAbsence(meta) && process.env['LOG_LEVEL'] === undefined) return
      logger[levels[level]]({ ...meta, ...contextOfWorkflow(meta?.['workflowId']) }, message)
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: lowestLevel(logger) },
      ...(metricsAddress !== null && {
        metrics: {
          prometheus: {
            bindAddress: metricsAddress,
            countersTotalSuffix: true,
            unitSuffix: true,
            useSecondsForDurations: true,
          },
        },
      }),
    },
    // We handle signals: a worker drains, and everything else is stopped after it.
    shutdownSignals: [],
  })
}

/**
 * Whether a line reports that a server is away. The core would write several such lines a second, one for each
 * call. `src/temporal/server/watch-server.ts` reports it once, in plain words.
 */
function isOfAbsence(meta: Record<string, unknown> | undefined): boolean {
  return meta?.['sdkComponent'] === 'core' && /Unavailable|transport::Error/.test(String(meta['error']))
}

function lowestLevel(logger: Logger): LogLevel {
  if (logger.isLevelEnabled('debug')) return 'DEBUG'
  return logger.isLevelEnabled('info') ? 'INFO' : 'WARN'
}
