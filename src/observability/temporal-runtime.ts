import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker'
import type { Logger } from 'pino'
import { contextOfWorkflow } from './log-context.ts'

/**
 * Sends the log of Temporal's SDK to ours, and serves its metrics. Once a process, before anything else of the SDK is used.
 *
 * The runtime ends with the last connection; where none was ever made, only its `shutdown()` lets the process end.
 *
 * @param metricsAddress as in `127.0.0.1:9465`; null serves none
 */
export function installTemporalRuntime(logger: Logger, metricsAddress: string | null = null): Runtime {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  return Runtime.install({
    logger: new DefaultLogger(lowestLevel(logger), ({ level, message, meta }) => {
      if (isOfAbsence(meta) && process.env['LOG_LEVEL'] === undefined) return
      // A task token says nothing to anybody, and is a key to the task.
      const told = { ...meta, ...contextOfWorkflow(meta?.['workflowId']) }
      Reflect.deleteProperty(told, 'taskToken')
      logger[levels[level]](told, message)
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
    // Signals are ours: a worker drains on them, and what else there is to stop is stopped after it.
    shutdownSignals: [],
  })
}

/**
 * While a server is away the core writes several lines a second, of each of its calls. That it is away is told once, in plain
 * words (`src/temporal/server/watch-server.ts`).
 */
function isOfAbsence(meta: Record<string, unknown> | undefined): boolean {
  return meta?.['sdkComponent'] === 'core' && /Unavailable|transport::Error/.test(String(meta['error']))
}

function lowestLevel(logger: Logger): LogLevel {
  if (logger.isLevelEnabled('debug')) return 'DEBUG'
  return logger.isLevelEnabled('info') ? 'INFO' : 'WARN'
}
