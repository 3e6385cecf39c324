import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'
import type { LogoNetwork } from '../../../reference-api/image/fetch-logo.ts'
import { isPublicAddress } from '../../../reference-api/image/public-address.ts'

// For logo.test, other.test and 127.0.0.1; only the tests trust it.
const cert = `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUe50Q7qD/FEXYCufjfK0M8VQ7d3YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9nby50ZXN0MCAXDTI2MTEyNTAzMTM1NFoYDzIxMjYxMTAx
MDMxMzU0WjAUMRIwEAYDVQQDDAlsb2dvLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARbzxXXtqOJzNzxpJ7HU1l8q4Q3XCmKJDHKZuEoj8WCJu5qdPBcOF0A
t2sOoSLdLfvG7pHvJIplIn2uA+IEuv3Yo3sweTAdBgNVHQ4EFgQUpyGTKCYqnM6l
YGTzMz3PVHKg3BowHwYDVR0jBBgwFoAUpyGTKCYqnM6lYGTzMz3PVHKg3BowJgYD
VR0RBB8wHYIJbG9nby50ZXN0ggpvdGhlci50ZXN0hwR/AAABMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMGA+alWgOsHIm6ExNm8CGBqo9T3K5Ys
jJFfno7PZoa2AiBhJoC+b04umUy0NvjaR5SCDuOxf8soCs+BniXAQUuLsw==
-----END CERTIFICATE-----`
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFJTumqo935YctNCi
4nSBk6SjvzVP+h8+PyRgwFiYHqShRANCAARbzxXXtqOJzNzxpJ7HU1l8q4Q3XCmK
JDHKZuEoj8WCJu5qdPBcOF0At2sOoSLdLfvG7pHvJIplIn2uA+IEuv3Y
-----END PRIVATE KEY-----`

export interface LogoServer {
  /** `https://logo.test:…`, without a trailing slash. */
  url: string
  port: number
  /** A network in which `logo.test` and `other.test` are this server, and this machine is allowed. */
  network: LogoNetwork
  /** Requested paths, in order. */
  asked: string[]
  /** The number of its connections, with a request or without. */
  connections: () => number
  close(): Promise<void>
}

/** Serves files over TLS on this machine; other paths are 404. */
export async function startLogoServer(
  answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void>,
): Promise<LogoServer> {
  const asked: string[] = []
  let connections = 0
  const server = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const answer = answers[path]
    if (answer === undefined) response.writeHead(404).end()
    else answer(response, request)
  })
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://logo.test:${port}`,
    port,
    network: {
      isAllowed: (address) => address === '127.0.0.1' || isPublicAddress(address),
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      ca: cert,
    },
    asked,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A red square in the given file format. */
export function redSquare(kind: 'png' | 'jpeg' | 'gif' | 'webp', sidePx = 64): Promise<Buffer> {
  return sharp({ create: { width: sidePx, height: sidePx, channels: 3, background: '#FF0000' } })
    .toFormat(kind)
    .toBuffer()
}
