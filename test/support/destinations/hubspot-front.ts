import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Front {
  readonly url: string
  /** To whom calls go on from now on. */
  switchTo(url: string): void
  close(): Promise<void>
}

/**
 * An address in front of HubSpot: that may change which account answers, and answer some calls itself.
 *
 * @param answers the JSON, or a status, by method and path
 */
export async function startFront(
  url: string,
  answers: Readonly<Record<string, object | number>> = {},
): Promise<Front> {
  let target = url
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const own = answers[`${method} ${path}`]
    if (own !== undefined) {
      const [status, body] = typeof own === 'number' ? [own, {}] : [200, own]
      incoming.resume()
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return
    }
    const onward = request(target + path, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    switchTo: (other) => {
      target = other
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
