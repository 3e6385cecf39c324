import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Agent, request } from 'undici'

interface ScansAnswer {
  data: Record<string, unknown>[]
}

type Break = (answer: ServerResponse, forward: () => Promise<ScansAnswer>) => void | Promise<void>

const html = '<!doctype html><html><body><h1>Down for maintenance</h1></body></html>'
const megabyte = 1024 * 1024

/** The ways in which the scans of one code can be broken while the rest of the API works. */
export const waysToBreak = {
  html_with_200: (answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' }).end(html)
  },
  error_500: (answer) => {
    answer.writeHead(500, { 'content-type': 'application/json' })
    answer.end('{"success":false,"error":"Internal error","code":"INTERNAL_ERROR"}')
  },
  dripping_body: (answer) => stream(answer, drip()),
  number_as_boolean: changeFirstRow((row) => ({ ...row, is_unique: 1 })),
  integer_as_id: changeFirstRow((row) => ({ ...row, id: 123456 })),
  invalid_time: changeFirstRow((row) => ({ ...row, scanned_at: 'yesterday' })),
  huge_body: (answer) => stream(answer, manyMegabytes(500)),
  gzip_bomb: (answer) => {
    answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb())
  },
  redirect: (answer) => {
    answer.writeHead(302, { location: 'https://example.com/login' }).end()
  },
  foreign_404: (answer) => {
    answer.writeHead(404, { 'content-type': 'text/html' }).end(html)
  },
} satisfies Record<string, Break>

export type WayToBreak = keyof typeof waysToBreak

/** Ends when the client closes the connection. */
async function stream(answer: ServerResponse, body: AsyncIterable<string | Buffer>): Promise<void> {
  answer.writeHead(200, { 'content-type': 'application/json' })
  await pipeline(body, answer).catch(() => undefined)
}

async function* drip(): AsyncGenerator<string> {
  yield '{"success":true,"data":['
  for (;;) {
    await sleep(500)
    yield ' '
  }
}

async function* manyMegabytes(count: number): AsyncGenerator<string | Buffer> {
  yield '{"success":true,"data":["'
  const chunk = Buffer.alloc(megabyte, 'x')
  for (let written = 0; written < count; written++) yield await Promise.resolve(chunk)
}

let bombBytes: Buffer | undefined

/** About 256 KiB that unpack to 256 MiB. */
function bomb(): Buffer {
  bombBytes ??= gzipSync(Buffer.alloc(256 * megabyte, ' '), { level: 9 })
  return bombBytes
}

/** Changes the first row of a code's first page; a page without rows stays as it is. */
function changeFirstRow(change: (row: Record<string, unknown>) => Record<string, unknown>): Break {
  return async (answer, forward) => {
    const body = await forward()
    const [first, ...others] = body.data
    const data = first === undefined ? [] : [change(first), ...others]
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...body, data }))
  }
}

/** A server in front of an API that gives other answers for one code. */
export interface BrokenCodeFront extends AsyncDisposable {
  /** Without a trailing slash. */
  url: string
  /**
   * Requests for the scans of the broken code so far, without those that have no key, because they do not
   * count.
   */
  calls: () => number
  /** Lets everything pass from now on. */
  repair(): void
}

export interface BrokenCodeOptions {
  /** The API behind it, without a trailing slash. */
  target: string
  qrCodeId: string
  /** Null breaks nothing: for a control group with the same cost. */
  way: WayToBreak | null
}

export async function startBrokenCodeFront(options: BrokenCodeOptions): Promise<BrokenCodeFront> {
  const { target, qrCodeId } = options
  const brokenPath = `/api/v1/qr-codes/${qrCodeId}/scans`
  const agent = new Agent()
  let { way } = options
  let calls = 0

  const forward = async (incoming: IncomingMessage) => {
    const { authorization } = incoming.headers
    const answer = await request(`${target}${incoming.url ?? '/'}`, {
      method: 'GET',
      headers: authorization === undefined ? {} : { authorization },
      dispatcher: agent,
    })
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() }
  }
  const answerCall = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const isBroken = incoming.url?.split('?', 1)[0] === brokenPath
    if (isBroken && incoming.headers.authorization !== undefined) calls += 1
    if (isBroken && way !== null) {
      await waysToBreak[way](answer, async () => JSON.parse((await forward(incoming)).body) as ScansAnswer)
      return
    }
    const { status, headers, body } = await forward(incoming)
    for (const name of ['content-type', 'retry-after', 'date']) {
      const value = headers[name]
      if (value !== undefined) answer.setHeader(name, value)
    }
    answer.writeHead(status).end(body)
  }

  const server = createServer((incoming, answer) => {
    answerCall(incoming, answer).catch(() => incoming.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    repair: () => {
      way = null
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, agent.destroy()])
    },
  }
}
