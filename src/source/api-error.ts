import { ConnectorError } from '../model/connector-error.ts'
import type { ErrorCode, Retry } from '../model/connector-error.ts'

/** Which of the account's two call windows is full. */
export type RateWindow = 'minute' | 'month'

interface ApiErrorOptions {
  retry: Retry
  endpoint: string
  status?: number | null
  apiCode?: string | null
  window?: RateWindow | null
  isTimeNamed?: boolean
  mayHaveArrived?: boolean
}

/**
 * A failed call. It has no `cause` on purpose: the errors of parsers and sockets contain bytes of the answer, and an answer can
 * echo the key.
 */
export class ApiError extends ConnectorError {
  /** Method and path as documented, such as `GET /qr-codes/{id}/scans`. */
  readonly endpoint: string
  /** The HTTP status; null if no answer came. An incomplete answer has one. */
  readonly status: number | null
  /** The machine-readable `code` of the answer. */
  readonly apiCode: string | null
  /** The full window, for API_RATE_LIMITED; null if the answer does not name it. */
  readonly window: RateWindow | null
  /** Whether the API named the time of `retry`. False if qrsync chose it, because the API named none or an impossible one. */
  readonly isTimeNamed: boolean
  /** False only if the request certainly never reached the server, so that the server cannot have counted it. */
  readonly mayHaveArrived: boolean

  constructor(code: ErrorCode, message: string, options: ApiErrorOptions) {
    super(code, message, { retry: options.retry })
    this.endpoint = options.endpoint
    this.status = options.status ?? null
    this.apiCode = options.apiCode ?? null
    this.window = options.window ?? null
    this.isTimeNamed = options.isTimeNamed ?? false
    this.mayHaveArrived = options.mayHaveArrived ?? true
  }
}
