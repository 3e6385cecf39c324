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
 * A call that brought nothing. It has no `cause` on purpose: the errors of parsers and sockets hold bytes of the answer,
 * and an answer can echo the key.
 */
export class ApiError extends ConnectorError {
  /** Method and path as documented, such as `GET /qr-codes/{id}/scans`. */
  readonly endpoint: string
  /** Null where no answer came. An answer that broke off has one. */
  readonly status: number | null
  /** The machine-readable `code` of the answer. */
  readonly apiCode: string | null
  /** With API_RATE_LIMITED, where the answer tells. */
  readonly window: RateWindow | null
  /** The time of `retry` is what the API asked for, and not our choice where it named none, or one that cannot be. */
  readonly isTimeNamed: boolean
  /** False only where the request certainly never reached the server, and so cannot have been counted there. */
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
