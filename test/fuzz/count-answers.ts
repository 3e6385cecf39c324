import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The number of responses by status and operation, such as `GET /api/v1/qr-codes/{id}`. */
export type Answers = Record<string, Record<number, number>>

const channel = 'http.server.response.finish'

/**
 * Counts the responses that the servers of this process send on one address, until `stop` is called.
 *
 * @param paths as in openapi.yaml, from the root
 */
export function countAnswers(host: string, paths: string[]): { answers: Answers; stop: () => void } {
  const answers: Answers = {}
  // Paths with parameters come last, so that /qr-codes/bulk matches itself.
  const patterns = paths
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))

  function count(message: unknown): void {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (request.headers.host !== host) return
    const path = request.url?.split('?', 1)[0] ?? ''
    const known = patterns.find(({ pattern }) => pattern.test(path))?.path ?? 'elsewhere'
    const byStatus = (answers[`${request.method} ${known}`] ??= {})
    byStatus[response.statusCode] = (byStatus[response.statusCode] ?? 0) + 1
  }

  subscribe(channel, count)
  return { answers, stop: () => unsubscribe(channel, count) }
}
