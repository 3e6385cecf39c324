/** A failure as BigQuery, its client or the network describes it. */
export interface Fault {
  /** Of the HTTP response, if there was one. */
  status: number | undefined
  /** BigQuery's reason, such as `notFound`, or the system's code, such as `ECONNREFUSED`; otherwise empty. */
  reason: string
  /** The first line of the message. */
  message: string
  /** The headers of the HTTP response that say when to retry; null if there are none. */
  retryAfter: string | null
  date: string | null
}

interface GoogleError {
  code?: unknown
  status?: unknown
  errors?: { reason?: string; message?: string }[]
  response?: { headers?: Headers | Record<string, unknown> }
}

/** @see https://cloud.google.com/bigquery/docs/error-messages */
export function faultOf(error: unknown): Fault {
  const { code, status, errors, response } = (error ?? {}) as GoogleError
  const [first] = errors ?? []
  const message = first?.message ?? (error instanceof Error ? error.message : String(error))
  return {
    status: [code, status].find((value) => typeof value === 'number'),
    reason: first?.reason ?? (typeof code === 'string' ? code : ''),
    message: (message.split('\n', 1)[0] ?? '').slice(0, 500),
    retryAfter: headerOf(response?.headers, 'retry-after'),
    date: headerOf(response?.headers, 'date'),
  }
}

/** Versions of Google's client have stored headers as an object, or as the `Headers` of fetch. */
function headerOf(headers: Headers | Record<string, unknown> | undefined, name: string): string | null {
  const value = headers instanceof Headers ? headers.get(name) : headers?.[name]
  return typeof value === 'string' ? value : null
}

export function isNotFound(error: unknown): boolean {
  const { status, reason } = faultOf(error)
  return status === 404 || reason === 'notFound'
}

export function isConflict(error: unknown): boolean {
  return faultOf(error).status === 409
}

/**
 * Whether one of our jobs failed because of its input: a value, or a table or column that differs from what we
 * know.
 */
export function isRefusal(error: unknown): boolean {
  return /^invalid(Query)?$/.test(faultOf(error).reason)
}

/** Whether BigQuery, or Google's server for tokens, refused the credentials. */
export function areCredentialsRefused(error: unknown): boolean {
  const { status, reason, message } = faultOf(error)
  return (
    status === 401 ||
    reason === 'authError' ||
    /invalid_(grant|client|rapt)|unauthorized_client/.test(message)
  )
}
