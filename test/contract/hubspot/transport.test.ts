import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../../src/destinations/hubspot/http/client.ts'
import { createTransport } from '../../../src/destinations/hubspot/http/transport.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { unpaced } from '../../support/destinations/hubspot-world.ts'
import { hubspotSettings } from '../../../src/destinations/hubspot/settings.ts'

const token = 'pat-eu1-0f0e0d0c-secret'

let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void
let seen: IncomingMessage[]
const server = createServer((incoming, outgoing) => {
  seen.push(incoming)
  answer(incoming, outgoing)
})
let url: string

beforeEach(async () => {
  seen = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const says = (status: number, body: string | Buffer, headers = {}) => {
  answer = (_, outgoing) => outgoing.writeHead(status, headers).end(body)
}

function client() {
  const config = hubspotSettings.parse({ type: 'hubspot', token, url })
  return createClient({ name: 'crm', config, pacer: unpaced })
}

/** The error of a call; it never contains the token. */
async function errorOf(request: Promise<unknown>): Promise<ConnectorError> {
  const error = await request.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ConnectorError)
  expect(
    JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause]),
  ).not.toContain('secret')
  return error as ConnectorError
}

const openConnections = () =>
  new Promise((resolve) => {
    server.getConnections((_, count) => {
      resolve(count)
    })
  })

const request = {
  method: 'POST',
  path: '/crm/objects/2026-09/0-2/batch/upsert',
  body: { inputs: [] },
} as const

describe('a call', () => {
  test('carries the token and JSON', async () => {
    says(200, '{"results": []}')
    expect(await client().begin()(request)).toMatchObject({ status: 200 })
    expect(seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': 'qrsync',
    })
  })

  test.each([
    ['that never begins', () => undefined],
    ['that drips', (_: unknown, outgoing: ServerResponse) => outgoing.writeHead(200).write('{')],
  ])('ends in time if the answer is one %s', async (_, answers) => {
    answer = answers
    const transport = createTransport({ url, token, timeoutMs: 100 })
    await expect(transport.send(request)).rejects.toThrow()
    await transport.close()
  })

  test('ends if the answer never ends', async () => {
    answer = (_, outgoing) => {
      outgoing.writeHead(200)
      const more = () => {
        while (outgoing.write('x'.repeat(2 ** 20)));
        outgoing.once('drain', more)
      }
      more()
    }
    const crm = client()
    expect(await errorOf(crm.begin()(request))).toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      retry: 'backoff',
    })
    await crm.close()
  })

  test('follows no redirect, so that the token stays with HubSpot', async () => {
    says(307, '', { location: '/elsewhere' })
    const error = await errorOf(client().begin()(request))
    expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
    expect(error.message).toMatch(/redirects to another address.*\nSet url to HubSpot's own address/)
    expect(seen).toHaveLength(1)
  })

  test('reopens a connection after close, which closes all of them', async () => {
    says(200, '{}')
    const crm = client()
    await crm.begin()(request)
    await crm.close()
    await crm.close()
    await expect.poll(openConnections).toBe(0)
    expect(await crm.begin()(request)).toMatchObject({ status: 200 })
    await crm.close()
  })
})

describe('answers', () => {
  test('are read if a proxy has packed them, and not if they stand for more than memory holds', async () => {
    const read = () => client().begin()({ method: 'GET', path: '/a' })
    says(200, gzipSync('{"a":1}'), { 'content-encoding': 'gzip' })
    expect((await read()).read(z.object({ a: z.number() }))).toEqual({ a: 1 })
    says(200, gzipSync(Buffer.alloc(40 * 2 ** 20)), { 'content-encoding': 'gzip' })
    expect(await errorOf(read())).toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
    says(200, `${'['.repeat(200_000)}${']'.repeat(200_000)}`)
    const reply = await read()
    expect(() => reply.read(z.array(z.unknown()))).toThrow('not of the documented shape')
  })

  test('that contain the token with unseen characters in it show none of it', async () => {
    const hidden = `${token.slice(0, 8)}\u200b${token.slice(8)}`
    says(
      400,
      JSON.stringify({ status: 'error', message: `token ${hidden} is odd`, category: 'VALIDATION_ERROR' }),
    )
    const { message } = await errorOf(client().begin()({ method: 'GET', path: '/a' }))
    expect(message.replaceAll('\u200b', '')).not.toContain(token)
  })
})

describe('errors', () => {
  test.each([
    [401, `{"message": "the token ${token} has expired"}`, 'DESTINATION_FORBIDDEN', 'backoff'],
    [
      403,
      `{"message": "not for ${token}", "category": "MISSING_SCOPES"}`,
      'DESTINATION_FORBIDDEN',
      'backoff',
    ],
    [423, '{}', 'DESTINATION_UNAVAILABLE', { afterMs: 2_000 }],
    [429, '{"policyName": "SECONDLY"}', 'DESTINATION_RATE_LIMITED', { afterMs: 1_000 }],
    [500, `<html>Authorization: Bearer ${token}</html>`, 'DESTINATION_UNAVAILABLE', 'backoff'],
    [502, '', 'DESTINATION_UNAVAILABLE', 'backoff'],
    // The other statuses of https://developers.hubspot.com/docs/api-reference/latest/error-handling; 207
    // belongs to batches.
    [414, '{"message": "Request-URI Too Long"}', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [477, '{"message": "migration in progress"}', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [503, '', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [504, '<html></html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [521, '<html>Web server is down</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [522, '<html>Connection timed out</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [523, '<html>Origin is unreachable</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [524, '<html>A timeout occurred</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [525, '<html>SSL handshake failed</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [526, '<html>Invalid SSL certificate</html>', 'DESTINATION_UNAVAILABLE', 'backoff'],
    [418, '{"message": "I am a teapot"}', 'DESTINATION_UNAVAILABLE', 'backoff'],
  ])('%i becomes an error with the right code', async (status, body, code, retry) => {
    says(status, body)
    const error = await errorOf(client().begin()(request))
    expect(error).toMatchObject({ code, retry })
    expect(error.message).toMatch(/^Destination crm: [^\n]+\n[^\n]+$/)
    expect(error.message).toContain('POST /crm/objects/2026-09/0-2/batch/upsert')
  })

  test.each([
    [429, '30', 30_000],
    [429, '0', 1_000],
    [429, '-3', 1_000],
    [429, 'Sun, 06 Nov 1994 08:49:37 GMT', 1_000],
    [429, '1000000000', 60_000],
    [423, '0', 1_000],
    [477, '3600', 3_600_000],
    [503, '5', 5_000],
  ])('%i with Retry-After: %s is retried after the right time', async (status, retryAfter, afterMs) => {
    says(status, '{}', { 'retry-after': retryAfter })
    expect((await errorOf(client().begin()(request))).retry).toEqual({ afterMs })
  })

  test('a refused connection is reported with its cause', async () => {
    url = 'http://127.0.0.1:9'
    const error = await errorOf(client().begin()(request))
    expect(error.message).toMatch(/^Destination crm: HubSpot did not answer POST .*: ECONNREFUSED\./)
  })

  test('a 200 that is not JSON is reported as a response of the wrong shape', async () => {
    says(200, 'welcome to the hotel network')
    const reply = await client().begin()(request)
    expect(() => reply.read(z.object({ results: z.array(z.unknown()) }))).toThrow(
      /^Destination crm: the answer of HubSpot to POST .* is not of the documented shape/,
    )
  })
})
