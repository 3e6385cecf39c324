import type { DelayMs } from './delay.ts'

/**
 * Every code an error of ours can carry, with what to do about it. The README lists them; a test holds the two together.
 */
export const errorCodes = {
  API_KEY_REJECTED: 'The API does not accept the key: put a valid one where the config file points to.',
  PLAN_NOT_ALLOWED: "The account's plan does not include the API: it needs Pro or Advanced.",
  API_NOT_FOUND: 'The API knows no such thing, or it belongs to another account.',
  API_REQUEST_REFUSED:
    'The API refused a request as malformed: a defect of qrsync or a change of the API. It is tried again automatically, ever more slowly.',
  API_RATE_LIMITED: "One of the account's two call windows is full: it goes on by itself at the named time.",
  API_UNAVAILABLE:
    'The API did not answer, or answered with a server error, or something else answered in its place: it is tried again automatically.',
  API_RESPONSE_INVALID:
    'An answer of the API is not of the documented shape, or its pages lead nowhere: only what it is about waits, and is tried again automatically.',
  CONFIG_INVALID: 'The config file is wrong at the named place.',
  LEDGER_UNAVAILABLE:
    'The ledger cannot be opened, reached or written: mend the folder, or the PostgreSQL server, that it is in.',
  DESTINATION_BUSY: 'Another process holds the destination: it goes on by itself once that has let go.',
  DESTINATION_FORBIDDEN:
    'The destination does not accept our key, or does not let it do what we need: `qrsync check` says what is missing. It is tried again by itself.',
  DESTINATION_RATE_LIMITED: "A limit of the destination's vendor is reached: it goes on by itself.",
  DESTINATION_UNAVAILABLE: 'The destination cannot be reached or written: it is tried again by itself.',
  TEMPORAL_UNREACHABLE:
    'No Temporal server answers at the named address, or it does not let us in, or what we need is not there: the message says which.',
  TEMPORAL_MISSING: 'No Temporal server could be found, downloaded or built: install the temporal command.',
  ALREADY_RUNNING:
    'Another `qrsync up` is running in the folder: use it, or add a worker with `qrsync worker`.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** When it is worth trying again: never, after the usual backoff, or not before a named time has passed. */
export type Retry = 'never' | 'backoff' | { afterMs: DelayMs }

/**
 * How much of a destination fails, where its module knows: the whole of it, whatever is sent to it, or only the stream that was
 * under way.
 */
export type FailureScope = 'destination' | 'stream'

/** The one error of the product. Its message says what happened, where, and what to do; never a key or a token. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ErrorCode
  readonly retry: Retry
  /** Undefined where it is not known. */
  readonly scope: FailureScope | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { retry: Retry; scope?: FailureScope; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry
    this.scope = options.scope
  }
}
