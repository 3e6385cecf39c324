import { ConnectorError, type ErrorCode, type Retry } from '../../model/connector-error.ts'
import { faultOf, type Fault } from './bigquery-fault.ts'
import type { BigQueryPlace } from './bigquery-place.ts'

const minuteMs = 60_000
const untilMended: Retry = { afterMs: 5 * minuteMs }
/** Daily quotas are refilled little by little. */
const untilRefilled: Retry = { afterMs: 30 * minuteMs }

interface Kind {
  isIt: (fault: Fault, error: unknown, place: BigQueryPlace) => boolean
  code: ErrorCode
  retry: Retry
  says: (message: string, place: BigQueryPlace) => string
}

const advice = {
  permissions: '`qrsync check` says what is missing; it is tried again by itself.',
  limit: 'It goes on by itself.',
}

const kinds: Kind[] = [
  {
    isIt: ({ message }) => message.includes('Could not load the default credentials'),
    code: 'DESTINATION_FORBIDDEN',
    retry: untilMended,
    says: () =>
      "there are no Google credentials.\nSet key_file to a service account's key, or run `gcloud auth application-default login`.",
  },
  {
    isIt: (_fault, error, { config }) =>
      config.key_file !== undefined && (error as { path?: unknown }).path === config.key_file,
    code: 'DESTINATION_FORBIDDEN',
    retry: untilMended,
    says: (_message, { config }) =>
      `the key file ${config.key_file ?? ''} cannot be read.\nPut it there, or name another.`,
  },
  {
    // Their messages are not passed on: they quote what was read, which may be a part of the key.
    isIt: ({ reason, message }, error) =>
      error instanceof SyntaxError ||
      reason.startsWith('ERR_OSSL') ||
      /client_email|private_key|DECODER/.test(message),
    code: 'DESTINATION_FORBIDDEN',
    retry: untilMended,
    says: (_message, { config }) =>
      `${config.key_file ?? 'the default credentials'}: this is no key of a service account.\nMake a new JSON key in Google Cloud's console.`,
  },
  {
    isIt: ({ message }) => /invalid_(grant|client|rapt)|unauthorized_client/.test(message),
    code: 'DESTINATION_FORBIDDEN',
    retry: untilMended,
    says: (message) =>
      `Google no longer accepts the credentials (${message}).\nMake a new key, or sign in anew; mind the clock of this machine.`,
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
      `${message}\n${advice.limit} Larger and fewer loads (load.every, load.rows) spend less.`,
  },
  {
    isIt: ({ status, reason }) =>
      status === 401 ||
      status === 403 ||
      /^(accessDenied|authError|billing\w*|accessNotConfigured)$/.test(reason),
    code: 'DESTINATION_FORBIDDEN',
    retry: untilMended,
    says: (message) => `${message}\n${advice.permissions}`,
  },
]

/** The error of ours that a failure of BigQuery, its client or the network stands for. */
export function bigQueryError(error: unknown, place: BigQueryPlace): ConnectorError {
  if (error instanceof ConnectorError) return error
  const fault = faultOf(error)
  const kind = kinds.find(({ isIt }) => isIt(fault, error, place))
  const text =
    kind?.says(fault.message, place) ??
    `BigQuery, project ${place.config.project}: ${fault.message || 'a failure without a word'}\nIt is tried again by itself.`
  // No cause: a request's headers may hang on it.
  return new ConnectorError(kind?.code ?? 'DESTINATION_UNAVAILABLE', `Destination ${place.name}: ${text}`, {
    retry: kind?.retry ?? 'backoff',
  })
}
