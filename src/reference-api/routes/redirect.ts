import type { FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { ApiError, notFound } from '../api-error.ts'
import type { Context } from '../context.ts'
import { describeClient, isPrefetch } from '../visitor.ts'

const nowhere = { country: null, region: null, city: null }

/** What a phone opens: leads to the destination, and remembers that somebody came by. */
export function addRedirect(server: FastifyInstance, { store, now }: Context): void {
  const route = { config: { operationId: 'openShortUrl' } }
  server.get<{ Params: { slug: string } }>('/r/:slug', route, (request, reply) => {
    const code = store.qrCodes.findBySlug(request.params.slug)
    if (code === null) throw notFound('There is no such short URL.')
    if (code.deleted_at !== null) throw new ApiError(410, 'NOT_FOUND', 'This QR code was deleted.')
    if (request.method === 'GET' && !isPrefetch(request.headers)) {
      const visitor = { code: code.number, ip: request.ip, userAgent: request.headers['user-agent'] ?? '' }
      store.transaction(() => {
        store.recordScan({
          id: randomUUID(),
          code: code.number,
          scannedAt: now(),
          client: store.scans.clientId(describeClient(request.headers)),
          place: store.scans.placeId(nowhere),
          isUnique: store.visitors.isFirstToday(visitor, now()),
        })
      })
    }
    return reply.code(302).header('location', code.destination_url).header('cache-control', 'no-store').send()
  })
}
