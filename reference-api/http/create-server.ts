import helmet from '@fastify/helmet'
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'
import { answerMalformedHttp, sendError, toApiError } from './error-handler.ts'
import { watchRoutes } from './unknown-routes.ts'

/** How long a client may take, so that slow clients do not accumulate; longer than any real client needs. */
const timeouts = {
  /** For headers and body together. */
  requestTimeout: 60_000,
  /** Without a byte in either direction. */
  connectionTimeout: 120_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000 },
}

type ToError = (request: FastifyRequest) => ApiError

/**
 * Creates a server without routes that puts every response into the API's envelope.
 *
 * @param onUnexpectedError receives errors that callers see only as INTERNAL_ERROR
 * @returns the server, and the response to a request that matches no route
 */
export function createServer(onUnexpectedError?: (error: unknown) => void): {
  server: FastifyInstance
  unknownRoute: ToError
} {
  const server = fastify({
    ...timeouts,
    // The simulated visitors run on this machine, and name the address that they represent.
    trustProxy: 'loopback',
    forceCloseConnections: true,
    clientErrorHandler: answerMalformedHttp,
    frameworkErrors(error, _request, reply) {
      void sendError(reply, toApiError(error))
    },
    ajv: { customOptions: { allErrors: true, keywords: ['example'] } },
  })
  const unknownRoute = watchRoutes(server)
  server.addHook('preValidation', (request, _reply, done) => {
    takeDigitsOnly(request)
    done()
  })
  server.addHook('onRequest', (request, reply, done) => {
    if (hostsOf(request) <= 1) {
      done()
      return
    }
    // A proxy in front of the server may read a different one of them.
    reply.hijack()
    answerMalformedHttp(new Error('two Host headers'), request.raw.socket)
  })
  server.decorateRequest('account', null)
  server.decorateRequest('cutsAnswer', false)
  void server.register(helmet, {
    // Responses are data, and never pages.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // The default of browsers: a redirect with a stricter policy would hide from destinations where their
    // visitors come from.
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
  })
  server.setNotFoundHandler((request, reply) => sendError(reply, unknownRoute(request)))
  server.setErrorHandler((error, request, reply) => {
    const answer = toAnswer(error, request, unknownRoute)
    if (answer.code === 'INTERNAL_ERROR' && answer !== error) onUnexpectedError?.(error)
    return sendError(reply, answer)
  })
  return { server, unknownRoute }
}

function hostsOf({ raw }: FastifyRequest): number {
  return raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length
}

/**
 * Requires whole numbers of a query to be digits: Ajv accepts what JavaScript accepts, such as `0x10`, and lets
 * `1e400`, which is infinite, pass every limit. Other values become a text that Ajv refuses.
 */
function takeDigitsOnly({ query, routeOptions }: FastifyRequest): void {
  const { properties = {} } = (routeOptions.schema?.querystring ?? {}) as QuerySchema
  const given = query as Record<string, unknown>
  for (const [name, { type }] of Object.entries(properties)) {
    const value = given[name]
    if (type === 'integer' && typeof value === 'string' && !/^-?\d+$/.test(value)) given[name] = 'no digits'
  }
}

interface QuerySchema {
  properties?: Record<string, { type?: unknown }>
}

function toAnswer(error: unknown, request: FastifyRequest, unknownRoute: ToError): ApiError {
  // If no route gets the body, its mistakes do not matter.
  const isForNobody = request.is404 && !(error instanceof ApiError)
  return isForNobody ? unknownRoute(request) : toApiError(error)
}
