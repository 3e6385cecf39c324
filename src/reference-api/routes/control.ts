import type { FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { notFound, validationFailed } from '../api-error.ts'
import type { Context } from '../context.ts'
import { sendJson } from '../json-reply.ts'
import type { Client, Place } from '../store/scans.ts'
import { parseTimestamp } from '../timestamps.ts'

/** A scan to be put into the store as it is; what is left out is unknown. */
export interface GivenScan extends Partial<Client>, Partial<Place> {
  qr_code_id: string
  /** RFC 3339. */
  scanned_at: string
  id?: string
  is_unique?: boolean
}

export interface GivenLimits {
  per_minute: number
  per_month: number
}

const nullableText = { type: 'string', nullable: true }
const scansBody = {
  type: 'array',
  items: {
    type: 'object',
    required: ['qr_code_id', 'scanned_at'],
    properties: {
      qr_code_id: { type: 'string' },
      scanned_at: { type: 'string', format: 'date-time' },
      id: { type: 'string', format: 'uuid' },
      device_type: { type: 'string', enum: ['mobile', 'tablet', 'desktop', 'bot', 'other'] },
      is_unique: { type: 'boolean' },
      ...Object.fromEntries(
        ['os', 'browser', 'language', 'referrer', 'country', 'region', 'city'].map((name) => [
          name,
          nullableText,
        ]),
      ),
    },
  },
}
const limit = { type: 'integer', minimum: 1, maximum: 1e12 }
const limitsBody = {
  type: 'object',
  required: ['per_minute', 'per_month'],
  properties: { per_minute: limit, per_month: limit },
}
const bodyLimit = 64 * 1024 * 1024

/** An aid for tests that run in another process; no part of the API. Answers this machine only. */
export function addControl(server: FastifyInstance, context: Context): void {
  const { store, audit, now } = context
  const loopback = /^(::ffff:)?127\.|^::1$/

  function accountId(query: unknown): string {
    const { account_id: wanted } = query as { account_id?: string }
    const account = store.accounts.all().find(({ id }) => wanted === undefined || id === wanted)
    if (account === undefined) throw notFound('There is no such account.')
    return account.id
  }

  void server.register(
    (control, _options, done) => {
      control.addHook('onRequest', (request, _reply, done) => {
        done(loopback.test(request.socket.remoteAddress ?? '') ? undefined : notFound())
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
        { schema: { body: scansBody }, bodyLimit },
        (request, reply) => sendJson(reply, JSON.stringify({ ids: insertScans(context, request.body) })),
      )

      control.post<{ Body: GivenLimits }>('/limits', { schema: { body: limitsBody } }, (request, reply) => {
        const { per_minute: perMinute, per_month: perMonth } = request.body
        store.accounts.setLimits(accountId(request.query), { perMinute, perMonth })
        return reply.code(204).send()
      })

      control.delete<{ Params: { id: string } }>('/qr-codes/:id', (request, reply) => {
        if (!store.qrCodes.delete(request.params.id, now())) throw notFound('There is no such QR code.')
        return reply.code(204).send()
      })
      done()
    },
    { prefix: '/_reference' },
  )
}

/** Records scans that come from elsewhere, also late ones, and returns their ids. All of them or none. */
export function insertScans({ store }: Context, given: GivenScan[]): string[] {
  return store.transaction(() => given.map((scan, index) => insertScan(store, scan, index)))
}

function insertScan(store: Context['store'], scan: GivenScan, index: number): string {
  const code = store.qrCodes.findAny(scan.qr_code_id)
  const scannedAt = parseTimestamp(scan.scanned_at)
  if (code === null) throw validationFailed({ [`scans[${index}].qr_code_id`]: ['is no QR code'] })
  if (scannedAt === null)
    throw validationFailed({ [`scans[${index}].scanned_at`]: ['must be a moment that exists'] })
  const id = scan.id ?? randomUUID()
  const { device_type = 'other', os = null, browser = null, language = null, referrer = null } = scan
  const { country = null, region = null, city = null } = scan
  store.recordScan({
    id,
    code: code.number,
    scannedAt,
    client: store.scans.clientId({ device_type, os, browser, language, referrer }),
    place: store.scans.placeId({ country, region, city }),
    isUnique: scan.is_unique ?? true,
  })
  return id
}

/** A line an id, many to a chunk: a million tiny writes would take minutes. */
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
