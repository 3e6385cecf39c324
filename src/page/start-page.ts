import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ObservabilityConfig } from '../config/schema.ts'
import { closeServer, listen } from '../observability/serve.ts'
import { RequestHandler, type PageParts } from './request-handler.ts'

/** Next to the default port of Temporal's UI. */
const defaultPort = 8234

export interface RunningPage {
  /** Its address, for people; for an address that means all networks, this machine's. */
  url: string
  close(): Promise<void>
}

/**
 * Serves the page with plain `node:http`: it has a few paths and one kind of form, and every worker would
 * contain the packages of a framework.
 *
 * @param settings of `observability.page`
 * @throws the system's error if the port is not available
 */
export async function startPage(
  settings: Exclude<ObservabilityConfig['page'], boolean>,
  parts: PageParts,
): Promise<RunningPage> {
  const handler = new RequestHandler(parts, settings.token ?? null)
  const server = createServer((request, response) => {
    handler.handle(request, response).catch((error: unknown) => {
      parts.logger.warn({ err: error }, 'the page could not answer')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  // A page must not keep the worker from ending, and a reader that sends nothing must not occupy a connection
  // forever.
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  const { host } = settings
  await listenAt(server, host, settings.port)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${shownHost(host)}:${port}`,
    async close() {
      await closeServer(server)
      await handler.close()
    },
  }
}

/** If the config names no port, another qrsync may use the default one: then any free port is used. */
async function listenAt(server: Server, host: string, port: number | undefined): Promise<void> {
  try {
    await listen(server, { host, port: port ?? defaultPort })
  } catch (error) {
    if (port !== undefined || !isTaken(error)) throw error
    await listen(server, { host, port: 0 })
  }
}

const isTaken = (error: unknown) =>
  ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
