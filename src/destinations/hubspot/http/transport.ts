import type { Dispatcher } from 'undici'
import { openDispatcher } from '../../../http/open-dispatcher.ts'
import { unpack } from '../../../http/unpack.ts'
import type { IncomingHttpHeaders } from 'undici/types/header.js'

/** The version of HubSpot's dated API; HubSpot supports a version for 18 months. */
export const apiVersion = '2026-09'

export interface HubSpotRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  /** As in the vendor's reference, such as `/crm/objects/2026-09/companies/batch/upsert`. */
  path: string
  /** A string is JSON already. */
  body?: object | string
}

export interface HubSpotAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Transport {
  /**
   * Makes one HTTP attempt; rejects if no complete response arrives. It does not follow redirects, so that the
   * token stays with its host.
   */
  send(request: HubSpotRequest): Promise<HubSpotAnswer>
  /** Waits for running calls; the next use opens new connections. */
  close(): Promise<void>
}

/** The longest list, the properties of a heavily used object, has a few MiB. */
const maxAnswerBytes = 32 * 2 ** 20

export interface TransportOptions {
  url: string
  token: string
  /** For a whole call. Default: 30,000. */
  timeoutMs?: number | undefined
  /** Sends the requests; the caller closes it. Default: a pool of connections to `url`. */
  dispatcher?: Dispatcher | undefined
}

/**
 * Replaces the transport of HubSpot's own client, which has no time limit, cannot be aborted, and has nothing
 * to close (docs/dependencies.md).
 */
export function createTransport({ url, token, timeoutMs = 30_000, dispatcher }: TransportOptions): Transport {
  const { origin, pathname } = new URL(url)
  const basePath = pathname.replace(/\/+$/, '')
  let pool: Dispatcher | undefined

  return {
    async send({ method, path, body }) {
      const sender = dispatcher ?? (pool ??= createPool(origin))
      const answer = await sender.request({
        origin,
        method,
        path: basePath + path,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          // A request that names no encoding allows all of them.
          'accept-encoding': 'identity',
          'user-agent': 'qrsync',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const packed = Buffer.from(await answer.body.arrayBuffer())
      const text = unpack(packed, answer.headers['content-encoding']?.toString(), maxAnswerBytes).toString()
      return { status: answer.statusCode, headers: answer.headers, text }
    },

    async close() {
      const closing = pool
      pool = undefined
      await closing?.close()
    },
  }
}

function createPool(origin: string): Dispatcher {
  return openDispatcher(origin, {
    // With more than one request on a connection, undici would repeat those after a failed one.
    pipelining: 1,
    // Never longer, even if the server suggests it: a proxy may close an idle connection sooner, just when it
    // is used again.
    keepAliveMaxTimeout: 4_000,
    maxResponseSize: maxAnswerBytes,
    connect: { timeout: 10_000 },
    // The signal limits the whole call instead, however slowly a response arrives.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}
