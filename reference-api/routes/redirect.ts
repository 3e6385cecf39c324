import type { FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { ApiError, notFound } from '../http/api-error.ts'
import type { Context } from '../context.ts'
import { nowhere } from '../scans/geolocation.ts'
import { hasGeolocation } from '../plans.ts'
import { describeClient, isPrefetch } from '../scans/visitor.ts'

/** Serves the address that a phone opens: redirects to the destination, and records the visit. */
export function addRedirect(server: FastifyInstance, { store, now, locate }: Context): void {
  const route = { config: { operationId: 'openShortUrl' } }
  server.get<{ Params: { slug: string } }>('/r/:slug', route, (request, reply) => {
    // A code may be created or restored at an address that had none.
    void reply.header('cache-control', 'no-store')
    const code = store.qrCodes.findBySlug(request.params.slug)
    if (code === null) throw notFound('There is no such short URL.')
    if (code.deleted_at !== null) throw new ApiError(410, 'NOT_FOUND', 'This QR code was deleted.')
    if (request.method === 'GET' && !isPrefetch(request.headers)) {
      const { ip, headers } = request
      const at = now()
      const visitor = { code: code.number, ip, userAgent: headers['user-agent'] ?? '' }
      const isLocated = hasGeolocation(store.accounts.planOf(code.account_id))
      store.transaction(() => {
        store.recordScan({
          id: randomUUID(),
          code: code.number,
          scannedAt: at,
          client: store.scans.clientId(describeClient(headers)),
          place: store.scans.placeId(isLocated ? locate({ ip, headers }) : nowhere),
          isUnique: store.visitors.isFirstToday(visitor, at),
        })
      })
    }
    return reply.code(302).header('location', code.destination_url).send()
  })
}
