import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** How often each status was answered, by operation, as in `GET /api/v1/qr-codes/{id}`. */
export type Answers = Record<string, Record<number, number>>

const channel = 'http.server.response.finish'

/**
 * Counts what the servers of this process answer on one address, until `stop` is called.
 *
 * @param paths as openapi.yaml writes them, from the root
 */
export function countAnswers(host: string, paths: string[]): { answers: Answers; stop: () => void } {
  const answers: Answers = {}
  // The names in a path come last, so that /qr-codes/bulk is itself.
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
