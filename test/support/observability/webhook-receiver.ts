import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface WebhookReceiver extends AsyncDisposable {
  /** With a secret in its path, as such URLs have. */
  url: string
  /** What was posted, including refused messages. */
  bodies: unknown[]
  /** The response from now on. */
  answer(status: number, headers?: Record<string, string>): void
}

/** A webhook on loopback. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const bodies: unknown[] = []
  let next = { status: 200, headers: {} as Record<string, string> }
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      bodies.push(body)
      response.writeHead(next.status, next.headers).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/services/T000/B000/hidden`,
    bodies,
    answer(status, headers = {}) {
      next = { status, headers }
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
