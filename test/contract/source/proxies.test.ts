import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openBigQueryApi } from '../../../src/destinations/bigquery/client/bigquery-api.ts'
import { createTransport } from '../../../src/destinations/hubspot/http/transport.ts'
import { postJson } from '../../../src/observability/alerts/post-json.ts'
import { createApiClient } from '../../../src/source/client.ts'
import { bigQueryConfig } from '../../support/bigquery/bigquery-config.ts'

const key = `qrs_${'0'.repeat(64)}`
const account = {
  account_id: 'a',
  plan: 'pro',
  usage: { api_calls_this_month: 1, api_calls_monthly_limit: 2 },
}

/** Answers whatever comes, as the API does. */
const answer: RequestListener = (_request, response) => {
  response.end(JSON.stringify({ success: true, data: account }))
}
const server = createServer(answer)
let targets: string[] = []
/** Connects everybody to that server, whatever they ask for. Google's client asks for the answer itself if it is not encrypted. */
const proxy = createServer((request, response) => {
  const { hostname, port } = new URL(request.url ?? '')
  targets.push(`${hostname}:${port || 80}`)
  answer(request, response)
}).on('connect', (request, socket) => {
  targets.push(request.url ?? '')
  const tunnel = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    tunnel.pipe(socket).pipe(tunnel)
  })
  tunnel.on('error', () => socket.destroy())
  socket.on('error', () => tunnel.destroy())
})

beforeAll(async () => {
  for (const each of [server, proxy]) await once(each.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const each of [server, proxy]) {
    each.closeAllConnections()
    each.close()
  }
})
beforeEach(() => {
  targets = []
  return () => vi.unstubAllEnvs()
})

const clients: [string, (origin: string) => Promise<unknown>][] = [
  [
    'the API',
    async (origin) => {
      const client = createApiClient({ baseUrl: `${origin}/api/v1`, apiKey: key })
      try {
        return await client.me()
      } finally {
        await client.close()
      }
    },
  ],
  [
    'HubSpot',
    async (origin) => {
      const transport = createTransport({ url: origin, token: 'pat-1' })
      try {
        return await transport.send({ method: 'GET', path: '/account-info' })
      } finally {
        await transport.close()
      }
    },
  ],
  ['a webhook', (origin) => postJson(`${origin}/hook`, '{}')],
]

test.each([
  ...clients,
  [
    'BigQuery',
    (origin: string) => openBigQueryApi('bi', bigQueryConfig(origin)).call({ path: '/datasets/d' }),
  ] as const,
])('%s is called through the proxy of the environment, except for NO_PROXY', async (_, call) => {
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  await call('http://api.example.invalid')
  expect(targets).toEqual(['api.example.invalid:80'])

  vi.stubEnv('NO_PROXY', 'other.invalid,.example.invalid')
  await expect(call('http://api.example.invalid')).rejects.toThrow()
  expect(targets).toHaveLength(1)
})

test.each(clients)('%s on this machine is never called through a proxy', async (_, call) => {
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(targets).toEqual([])
})
