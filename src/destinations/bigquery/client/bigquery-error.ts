import {
  ConnectorError,
  type ErrorCode,
  type FailureScope,
  type Retry,
} from '../../../model/connector-error.ts'
import { certificateAdvice } from '../../../model/certificate-advice.ts'
import { delayMs } from '../../../model/delay.ts'
import {
  oddRetryAfterText,
  readRetryAfter,
  retryAfterFailure,
  type RetryAfter,
} from '../../../model/retry-after.ts'
import { areCredentialsRefused, faultOf, type Fault } from './bigquery-fault.ts'
import type { BigQueryPlace } from './bigquery-place.ts'

/** Daily quotas refill gradually. */
const untilRefilled: Retry = { afterMs: delayMs(30 * 60_000) }

interface Kind {
  isIt: (fault: Fault, error: unknown) => boolean
  code: ErrorCode
  retry: Retry
  says: (message: string) => string
}

const advice = {
  permissions: '`qrsync check` shows what is missing; qrsync retries automatically.',
  limit: 'qrsync continues automatically.',
}

const kinds: Kind[] = [
  {
    isIt: (_fault, error) => areCredentialsRefused(error),
    code: 'DESTINATION_FORBIDDEN',
    retry: 'backoff',
    says: (message) =>
      `Google does not accept the credentials: ${message}\nCreate a new key, or sign in again; check the clock of this machine.`,
  },
  {
    isIt: ({ status, reason }) => status === 429 || /rateLimitExceeded$/i.test(reason),
    code: 'DESTINATION_RATE_LIMITED',
    retry: 'backoff',
    says: (message) => `${message}\n${advice.limit}`,
  },
  {
    isIt: ({ reason }) => /^(quota|dailyLimit)Exceeded/i.test(reason),
    code: 'DESTINATION_RATE_LIMITED',
    retry: untilRefilled,
    says: (message) =>
      `${message}\n${advice.limit} Larger and fewer loads (load.every, load.rows) use less quota.`,
  },
  {
    isIt: ({ status, reason }) =>
      status === 403 || /^(accessDenied|billing\w*|accessNotConfigured)$/.test(reason),
    code: 'DESTINATION_FORBIDDEN',
    retry: 'backoff',
    says: (message) => `${message}\n${advice.permissions}`,
  },
]

/** Converts a failure of BigQuery, its client or the network to a ConnectorError. */
export function bigQueryError(error: unknown, place: BigQueryPlace): ConnectorError {
  if (error instanceof ConnectorError) return error
  const fault = faultOf(error)
  const kind = kinds.find(({ isIt }) => isIt(fault, error))
  const text =
    kind?.says(fault.message) ??
    `BigQuery, project ${place.config.project}: ${fault.message || 'a failure without a message'}\n${certificateAdvice(error) ?? 'qrsync retries automatically.'}`
  const retry = kind?.retry ?? 'backoff'
  // Wait at least as long as the response asks; a quota that refills slowly may need longer.
  const asked = readRetryAfter(fault.retryAfter, fault.date, Date.now())
  const odd = asked === null ? null : oddRetryAfterText('BigQuery', asked)
  // Leave out the cause: it may contain the headers of a request.
  return new ConnectorError(
    kind?.code ?? 'DESTINATION_UNAVAILABLE',
    `Destination ${place.name}: ${text}${odd === null ? '' : ` ${odd}.`}`,
    {
      retry: later(retry, asked),
      ...scopeOf(fault, error),
    },
  )
}

function later(retry: Retry, asked: RetryAfter | null): Retry {
  if (asked === null || retry === 'never') return retry
  if (retry === 'backoff') return retryAfterFailure(asked)
  return { afterMs: delayMs(Math.max(retry.afterMs, asked.delayMs)) }
}

/**
 * Without a connection, credentials or access to the dataset, the whole destination fails. A limit is one of
 * the project, or of a table.
 */
function scopeOf({ reason, message }: Fault, error: unknown): { scope?: FailureScope } {
  if (/^E[A-Z_]+$/.test(reason) || areCredentialsRefused(error)) return { scope: 'destination' }
  if (/\b(table|partition)s?\b/i.test(message)) return { scope: 'stream' }
  return /^Access Denied: (Dataset|Project)\b/.test(message) ? { scope: 'destination' } : {}
}
