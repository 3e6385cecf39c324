import { ApplicationFailure } from '@temporalio/common'
import pino, { stdSerializers, type DestinationStream, type Logger } from 'pino'
import { visible } from '../model/visible-text.ts'
import { currentLogContext } from './log-context.ts'
import { readLogSettings } from './log-settings.ts'
import { createScrub } from './scrub.ts'

export interface LoggerOptions {
  /** Never shown, wherever they appear in a line. */
  secrets?: ReadonlySet<string>
  /** Added to each line. */
  fields?: () => object
  stream?: DestinationStream
}

/**
 * Log lines go to stderr as JSON, or to `stream`. LOG_LEVEL sets how many (default: warnings and errors). A
 * line of an activity names its connector, destination, workflow, run and attempt.
 */
export function createLogger({ secrets = new Set(), fields, stream }: LoggerOptions = {}): Logger {
  const scrub = createScrub(secrets)
  return pino(
    {
      name: 'qrsync',
      level: readLogSettings(process.env).level ?? 'warn',
      mixin: () => ({ ...currentLogContext(), ...fields?.() }),
      serializers: { err: serialized, error: serialized },
      // By name, for secrets that were not registered; by value, wherever they appear.
      redact: {
        paths: [
          ...paths('key'),
          ...paths('token'),
          ...paths('password'),
          ...paths('authorization'),
          // In the spelling of Temporal's SDK, and of its core.
          ...paths('taskToken'),
          ...paths('task_token'),
        ],
        censor: '…',
      },
      // Removes characters that would control the program that shows the log.
      hooks: { streamWrite: (line) => visible(scrub(line)) },
    },
    stream ?? pino.destination(2),
  )
}

/** Serializes an error with its code, as in the UI and the metrics: pino's own `type` is the class. */
function serialized(error: unknown): unknown {
  // Temporal's core logs texts.
  if (!(error instanceof ApplicationFailure)) return stdSerializers.err(error as Error)
  return { ...stdSerializers.err(error), code: error.type }
}

const paths = (name: string) => [name, `*.${name}`, `*.*.${name}`]
