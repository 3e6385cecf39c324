import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker'
import pino, { type Logger } from 'pino'

/** Log lines go to stderr as JSON; LOG_LEVEL sets how many (default: warnings and errors). */
export function createLogger(): Logger {
  return pino({ name: 'qrsync', level: process.env['LOG_LEVEL'] ?? 'warn' }, pino.destination(2))
}

/**
 * Sends the log of the SDK of Temporal the same way. Once a process, before anything else of the SDK is used.
 *
 * The runtime ends with the last connection; where none was ever made, only its `shutdown()` lets the process end.
 */
export function installTemporalRuntime(logger: Logger): Runtime {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  const level: LogLevel = logger.isLevelEnabled('debug')
    ? 'DEBUG'
    : logger.isLevelEnabled('info')
      ? 'INFO'
      : 'WARN'
  return Runtime.install({
    logger: new DefaultLogger(level, ({ level, message, meta }) => {
      logger[levels[level]](meta ?? {}, message)
    }),
    telemetryOptions: { logging: { forward: {}, filter: level } },
    // Signals are ours: a worker drains on them, and what else there is to stop is stopped after it.
    shutdownSignals: [],
  })
}
