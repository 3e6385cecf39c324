import { once } from 'node:events'
import http from 'node:http'
import type { RequestListener } from 'node:http'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, expect } from 'vitest'
import { ApiError } from '../../../src/source/api-error.ts'
import { createApiClient } from '../../../src/source/client.ts'
import type { ApiClient, ApiClientOptions } from '../../../src/source/client.ts'

export const key = `qrs_${'3f2a91bc'.repeat(8)}`
export const secret = key.slice(8)
/** What to close after the test, last first. */
export const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

export async function serve(listener: RequestListener) {
  const seen = { requests: [] as Pick<http.IncomingMessage, 'method' | 'url' | 'headers'>[], connections: 0 }
  const server = http.createServer((request, response) => {
    seen.requests.push({ method: request.method, url: request.url, headers: request.headers })
    listener(request, response)
  })
  server.on('connection', () => (seen.connections += 1))
  const port = await listen(server)
  closers.push(() => {
    server.closeAllConnections()
  })
  return { seen, baseUrl: `http://127.0.0.1:${port}/api/v1` }
}

export async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

export function connect(options: Partial<ApiClientOptions> & { baseUrl: string }): ApiClient {
  const client = createApiClient({ apiKey: key, ...options })
  closers.push(() => client.close())
  return client
}

/** Makes one call to a server that always gives this answer, and returns the resulting error. */
export async function failWith(
  listener: RequestListener,
  options: Partial<ApiClientOptions> = {},
): Promise<ApiError> {
  const { seen, baseUrl } = await serve(listener)
  const error = await refusal(connect({ baseUrl, ...options }).me())
  expect(seen.requests, 'one attempt, no hidden retry').toHaveLength(1)
  return error
}

export async function refusal(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ApiError)) throw new Error(`no ApiError but ${inspect(error)}`)
  const everything = [
    inspect(error, { depth: null, showHidden: true }),
    error.stack,
    JSON.stringify(error),
  ].join()
  expect(everything).not.toContain(secret)
  return error
}

export const answer = (
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}
export const refuse = (status: number, code: string, headers?: http.OutgoingHttpHeaders, more?: object) =>
  answer(status, { success: false, error: `No, not with ${key}`, code, ...more }, headers)

export const account = {
  account_id: 'a1',
  email: 'you@example.com',
  plan: 'pro',
  usage: {
    dynamic_qr_count: 42,
    dynamic_qr_limit: 250,
    api_calls_this_month: 1834,
    api_calls_monthly_limit: 5000,
  },
}
export const me = answer(200, { success: true, data: account })
