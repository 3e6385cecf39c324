import type { Dispatcher } from 'undici'
import { unpack, type NotUnpacked } from '../http/unpack.ts'

/** A hundred scans are about 30 KiB. */
export const maxResponseBytes = 32 * 1024 * 1024

/** The result of one request. */
export interface Exchange {
  /** Null if no response began. */
  status: number | null
  /** By lower-case name; a list if a header came more than once. */
  headers: Record<string, string | string[] | undefined>
  /** Complete if `failure` is null, otherwise what had arrived by then. */
  body: string
  /** Why there is no complete response. */
  failure: Error | null
  /** Whether any part of the request may have left this machine. */
  sent: boolean
}

export interface ExchangeOptions {
  /** Such as `https://qrcodestack.com`. */
  origin: string
  path: string
  headers: Record<string, string>
  /** From the call to the last byte of the body, including connecting. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/**
 * At least this many bytes of a body must arrive within a third of the time limit from its first byte on,
 * unless it ends earlier. A page of 100 scans has about 30 KB.
 */
const leastBytes = 16_384

/**
 * Sends one GET, once. Rejects only with the reason of `signal`; every failure is part of the result.
 *
 * It uses `dispatch()` and not `request()`, because only a handler learns when a request is written to a
 * socket. From then on it may have arrived. Before that it certainly has not, whatever failed (DNS, TLS, a full
 * queue). A handler can also be aborted while the connection is being made.
 *
 * The time limit covers everything: undici's own `headersTimeout` and `bodyTimeout` restart with each byte, so
 * that a server which sends slowly could occupy a worker forever. A body that is slow from its first byte on is
 * abandoned earlier, after a third of the limit.
 */
export async function exchange(dispatcher: Dispatcher, options: ExchangeOptions): Promise<Exchange> {
  const { origin, path, headers, timeoutMs, signal } = options
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
    const read = readBody(Buffer.concat(chunks), result.headers)
    resolve({ ...result, body: read.body, failure: failure ?? read.failure })
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
    { method: 'GET', origin, path, headers },
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
        // 103 Early Hints and similar statuses come before the response.
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

function readBody(packed: Buffer, headers: Exchange['headers']): Pick<Exchange, 'body' | 'failure'> {
  try {
    const body = unpack(packed, headers['content-encoding']?.toString(), maxResponseBytes)
    return { body: body.toString(), failure: null }
  } catch (error) {
    return { body: '', failure: error as NotUnpacked }
  }
}
