import type { DelayMs } from './delay.ts'

/** Every code that an error of ours can have, and what to do. README lists them; a test compares the two. */
export const errorCodes = {
  API_KEY_REJECTED: 'The API does not accept the key: set a valid one where the config file reads it.',
  PLAN_NOT_ALLOWED: "The account's plan does not include the API: it needs Pro or Advanced.",
  API_NOT_FOUND: 'The API does not know this resource, or it belongs to another account.',
  API_REQUEST_REFUSED:
    'The API refused a request as malformed: a bug in qrsync, or a change of the API. qrsync retries automatically, with growing delays.',
  API_RATE_LIMITED:
    "One of the account's two call windows is full: qrsync continues automatically at the named time.",
  API_UNAVAILABLE:
    'The API did not answer, answered with a server error, or something else answered in its place: qrsync retries automatically.',
  API_RESPONSE_INVALID:
    'A response of the API does not have the documented shape, or its pages do not end: only the affected data waits, and qrsync retries automatically.',
  CONFIG_INVALID: 'The config file is wrong at the named line.',
  LEDGER_UNAVAILABLE:
    'qrsync cannot open, reach or write the ledger: fix the folder, or the PostgreSQL server, that holds it.',
  DESTINATION_BUSY:
    'Another process has locked the destination: qrsync continues automatically when that process releases it.',
  DESTINATION_FORBIDDEN:
    'The destination rejects the credentials, or they lack a permission: `qrsync check` shows what is missing. qrsync retries automatically.',
  DESTINATION_RATE_LIMITED: "The destination's rate limit is reached: qrsync continues automatically.",
  DESTINATION_UNAVAILABLE: 'qrsync cannot reach or write the destination, and retries automatically.',
  TEMPORAL_UNREACHABLE:
    'No Temporal server answers at the named address, it rejects the connection, or something that qrsync needs is missing: the message says which.',
  TEMPORAL_MISSING:
    'qrsync could not find, download or build a Temporal server: install the `temporal` command.',
  ALREADY_RUNNING:
    'Another `qrsync up` is running in the folder: use it, or add a worker with `qrsync worker`.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** When a retry is worthwhile: never, after the usual backoff, or not before a named time has passed. */
export type Retry = 'never' | 'backoff' | { afterMs: DelayMs }

/**
 * How much of a destination fails, if its module knows: all of it, whatever is sent, or only the current
 * stream.
 */
export type FailureScope = 'destination' | 'stream'

/**
 * The error of the product. Its message says what happened, where, and what to do. It never contains a key or a
 * token.
 */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ErrorCode
  readonly retry: Retry
  /** Undefined if it is unknown. */
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

/** Failures that affect everything that a destination does. */
const codesOfAll: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'DESTINATION_BUSY',
  'DESTINATION_RATE_LIMITED',
  'LEDGER_UNAVAILABLE',
]

/** Whether the whole destination fails. An unknown failure counts as one of what was sent. */
export function concernsAll(error: unknown): boolean {
  if (!(error instanceof ConnectorError)) return false
  if (error.scope !== undefined) return error.scope === 'destination'
  return codesOfAll.includes(error.code) || typeof error.retry === 'object'
}
