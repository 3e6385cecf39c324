import { ApplicationFailure } from '@temporalio/common'
import pino, { stdSerializers, type DestinationStream, type Logger } from 'pino'
import { visible } from '../model/visible-text.ts'
import { currentLogContext } from './log-context.ts'
import { readLogSettings } from './log-settings.ts'
import { createScrub } from './scrub.ts'

export interface LoggerOptions {
  /** Never shown, wherever in a line they stand. */
  secrets?: ReadonlySet<string>
  /** Added to each line. */
  fields?: () => object
  stream?: DestinationStream
}

/**
 * Log lines go to stderr as JSON, or to `stream`; LOG_LEVEL sets how many (default: warnings and errors). What is written in an activity
 * says in which: connector, destination, workflow, run and attempt.
 */
export function createLogger({ secrets = new Set(), fields, stream }: LoggerOptions = {}): Logger {
  const scrub = createScrub(secrets)
  return pino(
    {
      name: 'qrsync',
      level: readLogSettings(process.env).level ?? 'warn',
      mixin: () => ({ ...currentLogContext(), ...fields?.() }),
      serializers: { err: serialized, error: serialized },
      // By name, for what nobody knew to be a secret; by value, whatever it stands in.
      redact: {
        paths: [...paths('key'), ...paths('token'), ...paths('password'), ...paths('authorization')],
        censor: '…',
      },
      // Also of what a log is read with.
      hooks: { streamWrite: (line) => visible(scrub(line)) },
    },
    stream ?? pino.destination(2),
  )
}

/** With the error's code, as the UI and the metrics name it: pino's own `type` is the class. */
function serialized(error: unknown): unknown {
  // Of Temporal's core come texts.
  if (!(error instanceof ApplicationFailure)) return stdSerializers.err(error as Error)
  return { ...stdSerializers.err(error), code: error.type }
}

const paths = (name: string) => [name, `*.${name}`, `*.*.${name}`]
