import type { FastifyInstance } from 'fastify'
import { addAdmission } from './http/admission.ts'
import { Audit, type AccountAudit } from './account/audit.ts'
import type { Context, Withholdable } from './context.ts'
import { createServer } from './http/create-server.ts'
import { sendError } from './http/error-handler.ts'
import { createFaults, type FaultRates } from './http/faults.ts'
import { noGeolocation, type Geolocation } from './scans/geolocation.ts'
import { insertScans, type GivenScan } from './scans/given-scans.ts'
import type { LogoNetwork } from './image/fetch-logo.ts'
import { loadPictures } from './image/load-pictures.ts'
import { RateLimits } from './account/rate-limits.ts'
import { checkResponses } from './contract/response-check.ts'
import { addAnalytics } from './routes/analytics.ts'
import { addControl } from './routes/control.ts'
import { addImage } from './routes/image.ts'
import { addMe } from './routes/me.ts'
import { addQrCodeWrites } from './routes/qr-code-writes.ts'
import { addQrCodes } from './routes/qr-codes.ts'
import { addRedirect } from './routes/redirect.ts'
import { addScans } from './routes/scans.ts'
import type { Store } from './store/store.ts'

export interface AppOptions {
  /** Owned by the caller: closing the server leaves it open. */
  store: Store
  /** The server's clock, in milliseconds since the epoch. */
  now?: () => number
  faults?: { rates: FaultRates; seed: number }
  /** The delay of the fault `slow`. */
  slowMs?: number
  /** Added to every response of the API. */
  latencyMs?: number
  /** Serves /_reference for requests with this token, for tests that run in another process. */
  controlToken?: string
  /** The features that the server leaves out: see {@link Withholdable}. */
  without?: Withholdable[]
  /** The base of short URLs. Default: the server itself. */
  publicUrl?: string
  /** Locates visitors of Advanced accounts. Default: the location is unknown. */
  locate?: Geolocation
  /** Replaces the internet when logos are fetched, for tests. */
  logoNetwork?: Partial<LogoNetwork>
  /** If set, every response is compared with openapi.yaml, and mismatches are reported here. Slow: for tests. */
  onViolation?: (violation: string) => void
  /** Receives errors that callers see only as INTERNAL_ERROR. */
  onUnexpectedError?: (error: unknown) => void
}

/** The API, ready to listen or to be called directly. */
export interface ReferenceApi {
  server: FastifyInstance
  /** What the server has seen of an account since it started. */
  audit(accountId: string): AccountAudit
  /** Inserts the given scans, late ones too, and returns their ids. */
  insertScans(scans: GivenScan[]): string[]
}

const forgetEveryMs = 30_000
const apiPrefix = '/api/v1'

export function buildApp(options: AppOptions): ReferenceApi {
  const { server, unknownRoute } = createServer(options.onUnexpectedError)
  const now = options.now ?? Date.now
  // Computed once, because asking the operating system takes longer than writing a code's JSON.
  let publicUrl = options.publicUrl
  const context: Context = {
    store: options.store,
    limits: new RateLimits(options.store.calls),
    audit: new Audit(),
    now,
    publicUrl: () => (publicUrl ??= server.listeningOrigin),
    without: new Set(options.without),
    pictures: loadPictures(now, options.logoNetwork),
    locate: options.locate ?? noGeolocation,
  }
  const { store } = options
  // With every request, so that no scan comes first, and by a timer, because there may be no request for days.
  const forgetting = setInterval(() => {
    store.forgetVisitors(now())
  }, forgetEveryMs).unref()
  server.addHook('onRequest', (_request, _reply, done) => {
    store.forgetVisitors(now())
    done()
  })
  server.addHook('onClose', (_server, done) => {
    clearInterval(forgetting)
    context.pictures.close()
    done()
  })
  if (options.onViolation) checkResponses(server, options.onViolation)

  void server.register(
    (api, _options, done) => {
      addAdmission(api, context, {
        drawFault: options.faults ? createFaults(options.faults.rates, options.faults.seed) : null,
        slowMs: options.slowMs ?? 2_000,
        latencyMs: options.latencyMs ?? 0,
      })
      // Declared here so that unknown paths need a key and count too.
      api.setNotFoundHandler((request, reply) => sendError(reply, unknownRoute(request)))
      addMe(api, context)
      addQrCodes(api, context)
      addQrCodeWrites(api, context)
      addImage(api, context)
      addScans(api, context)
      addAnalytics(api, context)
      done()
    },
    { prefix: apiPrefix },
  )
  addRedirect(server, context)
  if (options.controlToken !== undefined) addControl(server, context, options.controlToken)

  return {
    server,
    audit: (accountId) => context.audit.read(accountId),
    insertScans: (scans) => insertScans(context.store, scans),
  }
}
