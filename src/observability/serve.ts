import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { ConnectorError } from '../model/connector-error.ts'

export interface Page {
  status: number
  contentType: string
  body: string
}

/**
 * Serves pages by their path for GET requests.
 *
 * @throws ConnectorError CONFIG_INVALID if the port is not available
 */
export async function serve(
  { host, port }: { host: string; port: number },
  pages: Readonly<Record<string, () => Promise<Page>>>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    const made = page === undefined || request.method !== 'GET' ? Promise.resolve(notFound) : page()
    made.then(
      ({ status, contentType, body }) =>
        response.writeHead(status, { 'content-type': contentType }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  try {
    await listen(server, { host, port })
    return server
  } catch (error) {
    throw new ConnectorError(
      'CONFIG_INVALID',
      `observability.metrics_port: ${host}:${port} cannot be opened: ${(error as Error).message}. ` +
        'Free it, or use another.',
      { retry: 'never', cause: error },
    )
  }
}

const notFound: Page = { status: 404, contentType: 'text/plain', body: 'Use /metrics or /healthz.\n' }

/** @throws the system's error if the port is not available */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

/** Frees the port at once, even if clients are connected. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
