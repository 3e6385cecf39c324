import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Agent, request } from 'undici'
import { randomFrom } from './random-from.ts'

/**
 * What can happen to a call: `refused` with a 503 by the proxy; `cut` before it reached the server; `lost`
 * after that, so that it took effect but its response did not arrive.
 */
const faultKinds = ['refused', 'cut', 'lost'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface ProxiedCall {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface ProxiedAnswer {
  status: number
  headers?: IncomingHttpHeaders
  body: Buffer | string
}

export interface FaultyProxyOptions {
  /** The address of the server behind it, such as `http://127.0.0.1:9050`. */
  target: string
  seed?: number
  /** The share of calls that fail, from 0 to 1. */
  rate?: number
  kinds?: readonly FaultKind[]
  /** Gets every call that is not refused or cut, and may answer it, with or without a request to the server. */
  handle?: CallHandler
}

export type CallHandler = (call: ProxiedCall, forward: () => Promise<ProxiedAnswer>) => Promise<ProxiedAnswer>

export interface FaultyProxy {
  url: string
  /** The faults so far. */
  counts: Record<FaultKind | 'passed', number>
  /** Applies from now on. */
  setRate(rate: number, kinds?: readonly FaultKind[]): void
  stop(): Promise<void>
}

/** Starts a proxy on a free port of this machine that forwards calls, and makes some of them fail. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const { target, seed = 1 } = options
  const handle: CallHandler = options.handle ?? ((_call, forward) => forward())
  let { rate = 0, kinds = faultKinds } = options
  const random = randomFrom(seed)
  const agent = new Agent()
  const counts: FaultyProxy['counts'] = { refused: 0, cut: 0, lost: 0, passed: 0 }

  function draw(): FaultKind | 'passed' {
    const happens = random() < rate
    const kind = kinds[Math.floor(random() * kinds.length)]
    return (happens ? kind : undefined) ?? 'passed'
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming
    const call = { method, path, headers, body: await buffer(incoming) }
    const kind = draw()
    counts[kind] += 1
    if (kind === 'cut') {
      incoming.socket.destroy()
      return
    }
    const answer =
      kind === 'refused'
        ? { status: 503, body: 'Service Unavailable' }
        : await handle(call, () => forward(target, agent, call))
    if (kind === 'lost') {
      incoming.socket.destroy()
      return
    }
    outgoing.writeHead(answer.status, answer.headers).end(answer.body)
  }

  const server = createServer((incoming, outgoing) => {
    // If the server is gone, the proxy closes the connection too.
    pass(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    setRate(next, nextKinds = kinds) {
      rate = next
      kinds = nextKinds
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, agent.destroy()])
    },
  }
}

async function forward(target: string, agent: Agent, call: ProxiedCall): Promise<ProxiedAnswer> {
  const answer = await request(`${target}${call.path}`, {
    method: call.method as 'GET',
    headers: endToEnd(call.headers),
    body: call.body.length === 0 ? null : call.body,
    dispatcher: agent,
  })
  const body = Buffer.from(await answer.body.arrayBuffer())
  return { status: answer.statusCode, headers: endToEnd(answer.headers), body }
}

/** Without the headers of one connection; the length is that of the body. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !/^(host|connection|keep-alive|transfer-encoding|content-length|expect)$/.test(name),
    ),
  )
}
