import type { Dispatcher } from 'undici'

/** The result of one request. */
export interface Exchange {
  /** Null where the answer never began. */
  status: number | null
  /** By lower-case name; a list where a header came more than once. */
  headers: Record<string, string | string[] | undefined>
  /** Whole where `failure` is null, else what had come by then. */
  body: string
  /** Why there is no whole answer. */
  failure: Error | null
  /** Whether any of the request may have left this machine. */
  sent: boolean
}

export interface ExchangeOptions {
  path: string
  headers: Record<string, string>
  /** From the call to the last byte of the body, connecting included. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/**
 * A body must bring so many bytes within a third of the time limit from its first byte on, unless it ends by then. A page of 100
 * scans has about 30 KB.
 */
const leastBytes = 16_384

/**
 * Sends one GET, once. Rejects only with the reason of `signal`; every failure is part of the result.
 *
 * It dispatches by hand, where `request()` would do for the rest, because only a handler learns when a request is given to
 * a socket. From then on it may have arrived; before, it certainly has not, whatever went wrong (DNS, TLS, a full queue).
 * And it can be given up at once while the connection is still being made.
 *
 * The time limit is one clock over everything: undici's own `headersTimeout` and `bodyTimeout` start anew with each byte,
 * so that a server which drips could hold a worker for ever. A body that drips from its first byte on is given up earlier, after a
 * third of the limit.
 */
export async function exchange(dispatcher: Dispatcher, options: ExchangeOptions): Promise<Exchange> {
  const { path, headers, timeoutMs, signal } = options
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>()
  const result: Exchange = { status: null, headers: {}, body: '', failure: null, sent: false }
  const chunks: Buffer[] = []
  let controller: Dispatcher.DispatchController | null = null
  let givenUp: Error | null = null

  const settle = (failure: Error | null) => {
    clearTimeout(timer)
    clearTimeout(dripTimer)
    signal?.removeEventListener('abort', onAbort)
    resolve({ ...result, body: Buffer.concat(chunks).toString(), failure })
  }
  const giveUp = (reason: Error) => {
    givenUp = reason
    controller?.abort(reason)
    settle(reason)
  }
  const onAbort = () => {
    reject(signal?.reason)
    giveUp(new Error('aborted'))
  }

  const timer = setTimeout(giveUp, timeoutMs, new Error(`no whole answer within ${timeoutMs} ms`))
  signal?.addEventListener('abort', onAbort, { once: true })
  let dripTimer: NodeJS.Timeout | undefined
  const lookForDrip = () => {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    if (bytes < leastBytes) {
      giveUp(new Error(`the answer drips: ${bytes} bytes within ${Math.round(timeoutMs / 3)} ms`))
    }
  }

  dispatcher.dispatch(
    { method: 'GET', path, headers },
    {
      onRequestStart(started) {
        if (givenUp) {
          started.abort(givenUp)
          return
        }
        controller = started
        result.sent = true
      },
      onResponseStart(_controller, status, responseHeaders) {
        // 103 Early Hints and the like come before the answer.
        if (status < 200) return
        result.status = status
        result.headers = responseHeaders
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk)
        dripTimer ??= setTimeout(lookForDrip, timeoutMs / 3)
      },
      onResponseEnd() {
        settle(null)
      },
      onResponseError(_controller, error) {
        settle(error)
      },
    },
  )
  return promise
}
