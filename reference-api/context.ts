import type { FastifyRequest } from 'fastify'
import type { Audit } from './account/audit.ts'
import type { Geolocation } from './scans/geolocation.ts'
import type { Pictures } from './image/pictures.ts'
import type { RateLimits } from './account/rate-limits.ts'
import type { Account } from './store/accounts.ts'
import type { Store } from './store/store.ts'

/**
 * What a client must be able to do without: the fields `scan_count` and `last_scanned_at` of codes (and with the latter
 * the order by it), `from` and `to` of the scans, `total` and `total_pages`, the `order` of the scans, and the `sort` of
 * the codes. A parameter that is left out is ignored without a word, as by a server that never knew it.
 */
export const withholdable = ['scan_count', 'last_scanned_at', 'from', 'totals', 'order', 'sort'] as const

export type Withholdable = (typeof withholdable)[number]

/** What every route works with. */
export interface Context {
  store: Store
  limits: RateLimits
  audit: Audit
  /** Milliseconds since the epoch, by the server's own clock. */
  now: () => number
  /** Where short URLs lead, without a slash at the end. */
  publicUrl: () => string
  without: ReadonlySet<Withholdable>
  pictures: Pictures
  locate: Geolocation
}

/** Whose key the request carries. Admission lets no request without one through. */
export function callerOf(request: FastifyRequest): Account {
  if (request.account === null) throw new Error('the route is not behind admission')
  return request.account
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key the request carries; null outside /api/v1. */
    account: Account | null
    /** Set where the answer is to break off half-way. */
    cutsAnswer: boolean
  }

  interface FastifyContextConfig {
    /** The operation in openapi.yaml that the route implements. */
    operationId?: string
  }
}
