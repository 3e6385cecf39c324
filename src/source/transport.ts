import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import { ConnectorError } from '../model/connector-error.ts'
import type { Call } from './call.ts'
import { createEcho, keyLabel } from './echo.ts'
import type { Echo } from './echo.ts'
import { exchange, maxResponseBytes } from './exchange.ts'
import { openDispatcher } from '../http/open-dispatcher.ts'
import { parseHttpDate } from '../model/http-date.ts'
import { parseAnswer } from './parse-answer.ts'
import { isAnswerOfLiveApi, toApiError } from './to-api-error.ts'

export interface TransportOptions {
  /** Such as `https://qrcodestack.com/api/v1`. */
  baseUrl: string
  /** `qrs_` and 64 hex characters. */
  apiKey: string
  /** For a whole call, including connecting. Default: 30,000. */
  timeoutMs?: number
  userAgent?: string
  /** Sends the requests. Default: a pool of connections to `baseUrl`. */
  dispatcher?: Dispatcher
}

interface Request {
  /** Method and path as documented. */
  endpoint: string
  path: string
  query?: Record<string, string | number | boolean | undefined>
  signal: AbortSignal | undefined
}

/** A response of the documented shape, and its text, from which rows are read with all their digits. */
export interface Answer<T> {
  answer: T
  body: string
  echo: Echo
}

export interface Transport {
  /** Makes one HTTP attempt. It does not follow redirects, so that the key stays with its host. */
  get<T>(schema: z.ZodType<T>, request: Request): Promise<Answer<T>>
  /** {@link import('./client.ts').ApiClient.isAlive} */
  isAlive(path: string): Promise<boolean>
  /**
   * How far this host's clock was ahead of the API's at the last response (negative: behind); null before the
   * first.
   */
  clockSkewMs(): number | null
  close(): Promise<void>
}

export function createTransport(options: TransportOptions): Transport {
  const { apiKey, timeoutMs = 30_000, userAgent = 'qrsync' } = options
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    const message = 'The API key is empty or contains invalid characters. Copy it from the dashboard again.'
    throw new ConnectorError('CONFIG_INVALID', message, { retry: 'never' })
  }
  const { origin, pathname } = new URL(options.baseUrl)
  const basePath = pathname.replace(/\/+$/, '')
  const echo = createEcho(apiKey)
  const headersWithoutKey = {
    accept: 'application/json',
    // Explicit, because a request that names no encoding allows all of them.
    'accept-encoding': 'identity',
    'user-agent': userAgent,
  }
  const headers = { authorization: `Bearer ${apiKey}`, ...headersWithoutKey }
  const dispatcher = options.dispatcher ?? createDispatcher(origin, timeoutMs)
  let closed: Promise<void> | undefined
  let clockSkewMs: number | null = null
  const compareClocks = (date: unknown) => {
    if (typeof date !== 'string') return
    const nowMs = Date.now()
    const serverMs = parseHttpDate(date, nowMs)
    if (serverMs !== null) clockSkewMs = nowMs - serverMs
  }

  return {
    async get(schema, { endpoint, path, query = {}, signal }) {
      const call: Call = { endpoint, label: `GET ${echo(path)}`, keyLabel: keyLabel(apiKey), echo }
      const target = `${basePath}${path}${toSearch(query)}`
      const result = await exchange(dispatcher, { origin, path: target, headers, timeoutMs, signal })
      const { status, failure, body, headers: answered } = result
      compareClocks(answered['date'])
      if (failure !== null || status === null || status < 200 || status > 299) {
        throw toApiError(result, call, Date.now())
      }
      return { answer: parseAnswer(schema, body, status, call), body, echo }
    },

    async isAlive(path) {
      const target = `${basePath}${path}`
      const answer = await exchange(dispatcher, {
        origin,
        path: target,
        headers: headersWithoutKey,
        timeoutMs,
        signal: undefined,
      })
      const isLive = isAnswerOfLiveApi(answer)
      if (isLive) compareClocks(answer.headers['date'])
      return isLive
    },

    clockSkewMs: () => clockSkewMs,

    close() {
      return (closed ??= dispatcher.close())
    },
  }
}

function createDispatcher(origin: string, timeoutMs: number): Dispatcher {
  return openDispatcher(origin, {
    // With more than one request on a connection, undici would repeat those after a failed one.
    pipelining: 1,
    // Never longer, even if the server suggests it: a proxy may close an idle connection sooner, just when it
    // is used again.
    keepAliveMaxTimeout: 4_000,
    maxResponseSize: maxResponseBytes,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
    // `exchange` limits the whole call instead.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

function toSearch(query: NonNullable<Request['query']>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value))
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}
