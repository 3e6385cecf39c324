import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Front {
  readonly url: string
  /** Sends calls to another server from now on. */
  switchTo(url: string): void
  close(): Promise<void>
}

interface Answer {
  status: number
  body: object | string
}

type Own = object | number | Answer

/** By method and path; a function may answer some of the calls to a path only. */
type Answers = Readonly<Record<string, Own>> | ((call: string) => Own | undefined)

function answerOf(own: Own): Answer {
  if (typeof own === 'number') return { status: own, body: {} }
  return 'status' in own && 'body' in own ? own : { status: 200, body: own }
}

/** Changes an answer of HubSpot; undefined leaves it as it is. */
type Alter = (call: string, body: Record<string, unknown>) => Answer | undefined

/**
 * A proxy in front of HubSpot, which may switch the account, answer some calls itself, and change the answers to
 * others.
 *
 * @param answers the JSON, a status, or both, by method and path; a string is HTML
 */
export async function startFront(
  url: string,
  answers: Answers = {},
  alter: Alter = () => undefined,
): Promise<Front> {
  let target = url
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const call = `${method} ${path}`
    const own = typeof answers === 'function' ? answers(call) : answers[call]
    if (own !== undefined) {
      const { status, body } = answerOf(own)
      incoming.resume()
      const isHtml = typeof body === 'string'
      outgoing.writeHead(status, { 'content-type': isHtml ? 'text/html' : 'application/json' })
      outgoing.end(isHtml ? body : JSON.stringify(body))
      return
    }
    const onward = request(target + path, { method, headers }, (answer) => {
      void passOn(answer, outgoing, (body) => alter(call, body)).catch(() => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    switchTo: (other) => {
      target = other
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function passOn(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  alter: (body: Record<string, unknown>) => Answer | undefined,
): Promise<void> {
  const sent = await text(answer)
  const isJson = answer.headers['content-type']?.includes('json') === true
  const altered = isJson ? alter(JSON.parse(sent) as Record<string, unknown>) : undefined
  if (altered === undefined) outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(sent)
  else {
    const type = { 'content-type': 'application/json' }
    outgoing.writeHead(altered.status, type).end(JSON.stringify(altered.body))
  }
}
