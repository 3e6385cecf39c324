import type { FastifyRequest } from 'fastify'
import type { Audit } from './account/audit.ts'
import type { Geolocation } from './scans/geolocation.ts'
import type { Pictures } from './image/pictures.ts'
import type { RateLimits } from './account/rate-limits.ts'
import type { Account } from './store/accounts.ts'
import type { Store } from './store/store.ts'

/**
 * Features that a client must not depend on: the fields `scan_count` and `last_scanned_at` of codes (and with
 * the latter the order by it), `from` and `to` of scans, `total` and `total_pages`, the `order` of scans, and
 * the `sort` of codes. The server silently ignores a parameter that is left out, like a server that never had
 * it.
 */
export const withholdable = ['scan_count', 'last_scanned_at', 'from', 'totals', 'order', 'sort'] as const

export type Withholdable = (typeof withholdable)[number]

/** What every route uses. */
export interface Context {
  store: Store
  limits: RateLimits
  audit: Audit
  /** Milliseconds since the epoch, by the server's own clock. */
  now: () => number
  /** The base of short URLs, without a trailing slash. */
  publicUrl: () => string
  without: ReadonlySet<Withholdable>
  pictures: Pictures
  locate: Geolocation
}

/** Returns the account of the request's key. Admission lets no request without a key through. */
export function callerOf(request: FastifyRequest): Account {
  if (request.account === null) throw new Error('the route is not behind admission')
  return request.account
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The account of the request's key; null outside /api/v1. */
    account: Account | null
    /** Whether the response is to break off half-way. */
    cutsAnswer: boolean
  }

  interface FastifyContextConfig {
    /** The operation in openapi.yaml that the route implements. */
    operationId?: string
  }
}
