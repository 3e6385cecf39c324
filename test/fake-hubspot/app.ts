import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { callName, type CallLog } from './http/call-log.ts'
import { HubSpotError, notFound, unavailable, validationError } from './errors.ts'
import type { Fault, Faults } from './http/faults.ts'
import type { Portal } from './portal.ts'
import { rateLimited } from './http/rate-limits.ts'
import { createRequests } from './http/requests.ts'
import { accountRoutes } from './routes/account.ts'
import { associationRoutes } from './routes/associations.ts'
import { cardRoutes } from './routes/cards.ts'
import { contactFormRoutes } from './routes/contact-form.ts'
import { controlPath } from './routes/control-path.ts'
import { eventRoutes } from './routes/events.ts'
import { limitRoutes } from './routes/limits.ts'
import { listRoutes } from './routes/lists.ts'
import { objectBatchRoutes } from './routes/objects-batch.ts'
import { objectRoutes } from './routes/objects.ts'
import { pipelineRoutes } from './routes/pipelines.ts'
import { propertyRoutes } from './routes/properties.ts'
import { schemaRoutes } from './routes/schemas.ts'
import { searchRoutes } from './routes/search.ts'
import { wholeConflict } from './records/write-batch.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The injected fault of this call. */
    fault: Fault | null
    isAdmitted: boolean
    isDropped: boolean
  }
}

export interface AppParts {
  portal: Portal
  log: CallLog
  faults: Faults
  isDown: () => boolean
  /** The shortest duration of a call. */
  latencyMs: (call: string) => number
}

/** The vendor's API, without a port. It checks token, limits and faults before any route. */
export function buildApp(parts: AppParts): FastifyInstance {
  const { portal, log, faults } = parts
  const requests = createRequests(portal, log)
  const app = Fastify({ bodyLimit: 16 * 1024 * 1024, forceCloseConnections: true })
  app.decorateRequest('fault', null)
  app.decorateRequest('isAdmitted', false)
  app.decorateRequest('isDropped', false)

  app.addHook('onRequest', async (request, reply) => {
    if (isControl(request)) return
    const call = callName(request)
    log.begin(call)
    if (parts.isDown()) {
      drop(request, reply, log)
      return
    }
    if (!isOpen(request)) checkToken(portal, request.headers.authorization)
    const refused = portal.limits.admit()
    request.isAdmitted = true
    if (refused) throw refused
    const latencyMs = parts.latencyMs(call)
    if (latencyMs > 0) await sleep(latencyMs)
    request.fault = faults.draw(isBatchWrite(call))
    if (request.fault === 'drop-before') drop(request, reply, log)
    else failAt(request.fault)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.fault === 'drop-after') drop(request, reply, log)
    return payload
  })
  app.addHook('onResponse', async (request, reply) => {
    if (!request.isDropped && !isControl(request)) log.answer(callName(request), reply.statusCode)
  })

  app.setErrorHandler((error, request, reply) => answerError(portal, error, request, reply))
  app.setNotFoundHandler((request) => {
    requests.note(request, 'no such path in the published files')
    throw notFound()
  })
  // Only search has no such headers:
  // https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines.
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.isAdmitted && !callName(request).endsWith('/search')) {
      void reply.headers(portal.limits.headers())
    }
    return payload
  })

  accountRoutes(app, portal, requests)
  cardRoutes(app, portal)
  contactFormRoutes(app, portal)
  propertyRoutes(app, portal, requests)
  schemaRoutes(app, portal, requests)
  objectBatchRoutes(app, portal, requests, faults)
  objectRoutes(app, portal, requests)
  searchRoutes(app, portal, requests)
  associationRoutes(app, portal, requests)
  limitRoutes(app, portal)
  listRoutes(app, portal, requests)
  pipelineRoutes(app, portal)
  eventRoutes(app, portal, requests)
  return app
}

function isControl(request: FastifyRequest): boolean {
  return request.url.startsWith(controlPath)
}

function isOpen(request: FastifyRequest): boolean {
  return callName(request) === 'POST /oauth/v2/private-apps/get/access-token-info'
}

function isBatchWrite(call: string): boolean {
  return /^POST \/crm\/objects\/.*\/batch\/(upsert|update|create)$/.test(call)
}

/**
 * The two 401 responses as seen on the live API; the status is that of
 * https://developers.hubspot.com/docs/api-reference/latest/error-handling.
 */
function checkToken(portal: Portal, authorization: string | undefined): void {
  if (authorization !== `Bearer ${portal.token}`) {
    throw new HubSpotError(401, {
      message:
        'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
      category: 'INVALID_AUTHENTICATION',
    })
  }
  if (portal.expiredAtMs === null) return
  const seconds = Math.round((portal.now() - portal.expiredAtMs) / 1000)
  throw new HubSpotError(401, {
    message: `The OAuth token used to make this call expired ${seconds} second(s) ago.`,
    category: 'EXPIRED_AUTHENTICATION',
    context: { 'expire time': [new Date(portal.expiredAtMs).toISOString()] },
  })
}

function failAt(fault: Fault | null): void {
  if (fault === 'bad-gateway' || fault === 'timeout') throw new GatewayError(fault === 'timeout' ? 504 : 502)
  if (fault === 'unavailable') throw unavailable()
  if (fault === 'ten-secondly') throw rateLimited('TEN_SECONDLY_ROLLING')
  if (fault === 'locked') {
    throw new HubSpotError(423, { message: 'The resource is locked.', category: 'LOCKED' })
  }
  if (fault === 'conflict') throw wholeConflict()
}

/** A proxy in front of the API answers in its place, in HTML: 502 and 504 of the same page. */
class GatewayError extends Error {
  readonly status: number

  constructor(status: number) {
    super('gateway')
    this.status = status
  }
}

function answerError(portal: Portal, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof GatewayError) {
    const { status } = error
    return reply.status(status).type('text/html').send(`<html><head><title>${status}</title></head></html>`)
  }
  if (error instanceof HubSpotError) return reply.status(error.status).send(error.body)
  const status = (error as { statusCode?: number }).statusCode ?? 500
  const { message } = error as Error
  portal.violations.push({ call: callName(request), problem: `${status} ${message}` })
  return reply.status(status).send({ ...validationError(message).body })
}

function drop(request: FastifyRequest, reply: FastifyReply, log: CallLog): void {
  request.isDropped = true
  log.answer(callName(request), 'dropped')
  reply.hijack()
  request.raw.socket.destroy()
}
