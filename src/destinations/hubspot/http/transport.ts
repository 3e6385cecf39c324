import { Pool, type Dispatcher } from 'undici'
import type { IncomingHttpHeaders } from 'undici/types/header.js'

/** Of HubSpot's dated API: it supports one for 18 months. */
export const apiVersion = '2026-09'

export interface HubSpotRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  /** As in the vendor's reference, such as `/crm/objects/2026-09/companies/batch/upsert`. */
  path: string
  /** A text is JSON already. */
  body?: object | string
}

export interface HubSpotAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Transport {
  /** One HTTP attempt; rejects where no whole answer comes. Redirects are not followed: the token stays with its host. */
  send(request: HubSpotRequest): Promise<HubSpotAnswer>
  /** Waits for what is under way; use opens anew. */
  close(): Promise<void>
}

/** The longest list, the properties of a much used object, is a few MiB. */
const maxAnswerBytes = 32 * 2 ** 20

export interface TransportOptions {
  url: string
  token: string
  /** For a whole call; 30,000 where not given. */
  timeoutMs?: number | undefined
  /** What sends the requests, and is closed by whoever made it; a pool of connections to `url` where not given. */
  dispatcher?: Dispatcher | undefined
}

/**
 * Below HubSpot's own client, whose own way to send has no time limit, no way to give up, and nothing to close
 * (docs/dependencies.md).
 */
export function createTransport({ url, token, timeoutMs = 30_000, dispatcher }: TransportOptions): Transport {
  const { origin, pathname } = new URL(url)
  const basePath = pathname.replace(/\/+$/, '')
  let pool: Pool | undefined

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
          // A request that names no encoding allows any.
          'accept-encoding': 'identity',
          'user-agent': 'qrsync',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
    },

    async close() {
      const closing = pool
      pool = undefined
      await closing?.close()
    },
  }
}

function createPool(origin: string): Pool {
  return new Pool(origin, {
    // With more than one on a connection, undici would send those behind a failed one again.
    pipelining: 1,
    // Not longer for a server's hint: what stands between may close an idle connection sooner, just when it is used again.
    keepAliveMaxTimeout: 4_000,
    maxResponseSize: maxAnswerBytes,
    connect: { timeout: 10_000 },
    // The signal holds the whole call to one clock instead, whatever drips.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}
