/** What BigQuery, its client or the network says of a failure. */
export interface Fault {
  /** Of the HTTP answer, where there was one. */
  status: number | undefined
  /** BigQuery's word for it, such as `notFound`, or the system's, such as `ECONNREFUSED`; else empty. */
  reason: string
  /** The first line. */
  message: string
  /** The headers of the HTTP answer that say when to come back; null where there are none. */
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

/** Google's client has kept headers as an object, and as the `Headers` of fetch. */
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

/** Whether a job of ours failed on what it was given: a value, or a table or column that is not as we know it. */
export function isRefusal(error: unknown): boolean {
  return /^invalid(Query)?$/.test(faultOf(error).reason)
}

/** By BigQuery, or by Google's server for tokens. */
export function areCredentialsRefused(error: unknown): boolean {
  const { status, reason, message } = faultOf(error)
  return (
    status === 401 ||
    reason === 'authError' ||
    /invalid_(grant|client|rapt)|unauthorized_client/.test(message)
  )
}
