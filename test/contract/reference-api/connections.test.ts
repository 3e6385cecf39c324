import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { answerOn, connectTo } from '../../support/reference-api/raw-http.ts'
import { rssMb } from '../../support/processes/peak-rss.ts'
import { callApi, spawnReferenceApi, startReferenceApi } from '../../support/reference-api/reference-api.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A connection that stays open when the other side ends its half. */
async function openTo(url: string): Promise<Socket> {
  const socket = await connectTo(url)
  sockets.push(socket.on('error', () => undefined))
  return socket
}

/** Writes a few bytes again and again, until the other side closes the connection. */
function drip(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 100)
  socket.once('close', () => {
    clearInterval(timer)
  })
}

const head = 'POST /api/v1/qr-codes HTTP/1.1\r\nHost: x\r\n'

async function startImpatient() {
  const api = await startReferenceApi({ codes: 1, scans: 0 })
  const { server } = api.app.server
  // No client may take forever, but a test need not wait as long as the server would.
  expect(server.headersTimeout).toBeGreaterThan(0)
  expect(server.requestTimeout).toBeGreaterThan(0)
  expect(server.timeout).toBeGreaterThan(0)
  Object.assign(server, { headersTimeout: 500, requestTimeout: 1_000 })
  return api
}

test.each([
  ['says nothing', '', ''],
  ['never ends its headers', head, 'X-More: 1\r\n'],
  ['never ends its body', `${head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`, ' '],
  [
    'never ends its chunks',
    `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    '1\r\n \r\n',
  ],
])('a client that %s gets an error, and is disconnected', async (_, first, then) => {
  const api = await startImpatient()
  const socket = await openTo(api.url)
  const authorized = first.replace(head, `${head}Authorization: Bearer ${api.key}\r\n`)
  if (authorized !== '') socket.write(authorized)
  if (then !== '') drip(socket, then)
  const { status, text } = await answerOn(socket)
  expect(status).toBe(408)
  expect(JSON.parse(text)).toMatchObject({
    success: false,
    code: 'VALIDATION_FAILED',
    fields: { request: ['did not arrive in time'] },
  })
  // Even if the client continues to write.
  if (!socket.closed) await once(socket, 'close')
  expect((await callApi(api, '/me')).status).toBe(200)
  await api.close()
})

test('2,000 idle or half-finished connections block no client, and use little memory', async () => {
  const api = await spawnReferenceApi(['--codes', '20', '--scans', '1000'])
  const before = await settledMb(api)
  const open = Array.from({ length: 2_000 }, () => openTo(api.url))
  for (const [index, socket] of (await Promise.all(open)).entries()) {
    if (index % 2 === 0) socket.write(`${head}X-Kept: ${'x'.repeat(8_000)}\r\n`)
  }
  const answers = await Promise.all(Array.from({ length: 50 }, () => callApi(api, '/me')))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  // A connection of Node and 8 kB of headers.
  expect((await settledMb(api)) - before).toBeLessThan(100)
  for (const socket of sockets) socket.destroy()
  expect((await callApi(api, '/me')).status).toBe(200)
  await api.close()
})

async function settledMb(api: Awaited<ReturnType<typeof spawnReferenceApi>>): Promise<number> {
  for (let call = 0; call < 20; call++) await callApi(api, '/me')
  return rssMb(api.process)
}
