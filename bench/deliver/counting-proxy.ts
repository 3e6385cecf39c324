import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface VendorCalls {
  calls: number
  /** Calls that write rows. */
  writes: number
}

/** Forwards calls and counts them; `countsUrl` returns the numbers. */
export async function startCountingProxy(
  target: string,
  isWrite: (call: { method: string; url: string }) => boolean,
): Promise<{ url: string; countsUrl: string; stop: () => Promise<void> }> {
  const counts: VendorCalls = { calls: 0, writes: 0 }
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    if (url === countsPath) {
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end(JSON.stringify(counts))
      return
    }
    counts.calls += 1
    if (isWrite({ method, url })) counts.writes += 1
    const passed = request(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    countsUrl: `${url}${countsPath}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const countsPath = '/counts'
