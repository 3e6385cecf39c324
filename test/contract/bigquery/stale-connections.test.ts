import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openBigQueryApi } from '../../../src/destinations/bigquery/client/bigquery-api.ts'
import { bigQueryConfig } from '../../support/bigquery/bigquery-config.ts'

/** Answers the first request of each connection, and closes the connection just when it is used again. */
async function startClosingServer() {
  const used = new WeakSet<object>()
  const seen = { answered: 0, resets: 0 }
  const server = createServer((request, response) => {
    if (used.has(request.socket)) {
      seen.resets += 1
      request.socket.resetAndDestroy()
      return
    }
    used.add(request.socket)
    seen.answered += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"bigquery#table"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    seen,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a request on a connection that the server has closed is sent again on another', async () => {
  const server = await startClosingServer()
  const api = openBigQueryApi('bi', bigQueryConfig(server.url))
  const job = { jobReference: { projectId: 'p', jobId: 'j' } }
  for (let index = 0; index < 3; index++) {
    expect(await api.call({ path: '/datasets/d' })).toMatchObject({ kind: 'bigquery#table' })
    await api.call({ method: 'POST', path: '/jobs', body: job })
    await api.upload(job, [Buffer.from('{"id":"1"}\n')])
  }
  expect(server.seen.answered).toBe(9)
  expect(server.seen.resets).toBeGreaterThan(0)
  server.close()
})

test('a redirect is not followed: it is an error of the address that the config file names', async () => {
  let visits = 0
  const elsewhere = createServer((_request, response) => {
    visits += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"bigquery#table"}')
  }).listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(Number(/\/(\d{3})/.exec(request.url ?? '')?.[1]), { location }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const api = openBigQueryApi(
    'bi',
    bigQueryConfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
  for (const status of [301, 302, 303, 307, 308]) {
    await expect(api.call({ path: `/datasets/${status}` })).rejects.toMatchObject({ code: status })
    await expect(api.call({ method: 'POST', path: `/datasets/${status}`, body: {} })).rejects.toThrow()
  }
  expect(visits).toBe(0)
  elsewhere.close()
  server.close()
})
