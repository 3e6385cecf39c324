import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { notFound } from '../http/api-error.ts'
import type { Context } from '../context.ts'
import { givenScansSchema, insertScans, type GivenScan } from '../scans/given-scans.ts'
import { sendJson } from '../http/json-reply.ts'
import { insertQrCode } from '../codes/new-qr-code.ts'
import { plans, type Plan } from '../plans.ts'

export interface GivenLimits {
  per_minute: number
  per_month: number
}

const limit = { type: 'integer', minimum: 1, maximum: 1e12 }
const name = { type: 'string', minLength: 1, maxLength: 200 }
const limitsBody = objectOf({ per_minute: limit, per_month: limit })
const planBody = objectOf({ plan: { type: 'string', enum: plans } })
const callsBody = objectOf({ count: { type: 'integer', minimum: 0, maximum: 1e12 } })
const renamedCodeBody = objectOf({ name })
const newCodeBody = objectOf(
  { name },
  { destination_url: { type: 'string', pattern: '^https?://', maxLength: 2048 } },
)
const bodyLimit = 64 * 1024 * 1024

/**
 * Adds routes for tests that run in another process; they are not part of the API. For everybody else they do
 * not exist: a request must come from this machine, have the token, and use a local host name, which a page in
 * a browser cannot do.
 *
 * @param token sent as `Authorization: Bearer …`
 */
export function addControl(server: FastifyInstance, context: Context, token: string): void {
  const { store, limits, audit, now } = context

  function accountId(query: unknown): string {
    const { account_id: wanted } = query as { account_id?: string }
    const account = store.accounts.all().find(({ id }) => wanted === undefined || id === wanted)
    if (account === undefined) throw notFound('There is no such account.')
    return account.id
  }

  void server.register(
    (control, _options, done) => {
      control.addHook('onRequest', (request, _reply, done) => {
        done(isAllowed(request, token) ? undefined : notFound())
      })

      control.get('/audit', (request, reply) => {
        const id = accountId(request.query)
        return sendJson(reply, JSON.stringify({ account_id: id, ...audit.read(id) }))
      })

      control.get('/scan-ids', (_request, reply) =>
        reply.type('text/plain; charset=utf-8').send(Readable.from(inChunks(store.scans.ids()))),
      )

      control.post<{ Body: GivenScan[] }>(
        '/scans',
        { schema: { body: givenScansSchema }, bodyLimit },
        (request, reply) => sendJson(reply, JSON.stringify({ ids: insertScans(store, request.body) })),
      )

      control.post<{ Body: GivenLimits }>('/limits', { schema: { body: limitsBody } }, (request, reply) => {
        const { per_minute: perMinute, per_month: perMonth } = request.body
        store.accounts.setLimits(accountId(request.query), { perMinute, perMonth })
        return reply.code(204).send()
      })

      control.post<{ Body: { plan: Plan } }>('/plan', { schema: { body: planBody } }, (request, reply) => {
        store.accounts.setPlan(accountId(request.query), request.body.plan)
        return reply.code(204).send()
      })

      control.post<{ Body: { count: number } }>(
        '/calls',
        { schema: { body: callsBody } },
        (request, reply) => {
          const id = accountId(request.query)
          const { count } = request.body
          audit.spentByOthers(id, count, limits.spendEarlier(id, count, now()))
          return reply.code(204).send()
        },
      )

      control.post<{ Body: { name: string; destination_url?: string } }>(
        '/qr-codes',
        { schema: { body: newCodeBody } },
        (request, reply) => {
          const { name, destination_url = 'https://www.example.com/' } = request.body
          const input = { name, type: 'url', destination_url } as const
          const id = insertQrCode(store.qrCodes, accountId(request.query), input, now())
          return sendJson(reply.code(201), JSON.stringify({ id }))
        },
      )

      control.patch<{ Params: { id: string }; Body: { name: string } }>(
        '/qr-codes/:id',
        { schema: { body: renamedCodeBody } },
        (request, reply) => {
          const code = store.qrCodes.findAny(request.params.id)
          if (code?.deleted_at !== null) throw notFound('There is no such QR code.')
          store.qrCodes.update({ ...code, name: request.body.name }, now())
          return reply.code(204).send()
        },
      )

      control.delete<{ Params: { id: string } }>('/qr-codes/:id', (request, reply) => {
        if (!store.qrCodes.delete(request.params.id, now())) throw notFound('There is no such QR code.')
        return reply.code(204).send()
      })
      done()
    },
    { prefix: '/_reference' },
  )
}

const loopback = /^(::ffff:)?127\.|^::1$/
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']
/** Headers that a proxy adds: the client behind it may be anywhere. */
const forwardedHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

function isAllowed({ socket, headers }: FastifyRequest, token: string): boolean {
  if (!loopback.test(socket.remoteAddress ?? '')) return false
  const host = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? ''
  if (!loopbackHosts.includes(host)) return false
  if (forwardedHeaders.some((name) => headers[name] !== undefined)) return false
  const given = Buffer.from(hash('sha256', headers.authorization ?? ''))
  return timingSafeEqual(given, Buffer.from(hash('sha256', `Bearer ${token}`)))
}

function objectOf(required: Record<string, object>, optional: Record<string, object> = {}): object {
  return { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } }
}

/** One id per line, many per chunk: a million tiny writes would take minutes. */
function* inChunks(ids: Iterable<string>): Generator<string> {
  let lines: string[] = []
  for (const id of ids) {
    lines.push(id)
    if (lines.length < 2_000) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}
