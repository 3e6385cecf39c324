import type { FastifyInstance, FastifyRequest } from 'fastify'
import { internalError, planNotAllowed, rateLimited, unauthorized } from './api-error.ts'
import type { Context } from '../context.ts'
import { cutAnswers } from './cut-answers.ts'
import type { Fault } from './faults.ts'
import { hashKey, isKey } from '../account/keys.ts'
import type { Account } from '../store/accounts.ts'

export interface AdmissionOptions {
  drawFault: (() => Fault | null) | null
  slowMs: number
  latencyMs: number
}

const bearer = /^Bearer +(\S+)$/i

/** Checks a call: key, plan, both windows, and then the injected faults. */
export function addAdmission(api: FastifyInstance, context: Context, options: AdmissionOptions): void {
  const { store, limits, audit, now } = context
  const endpointOf = createEndpointNames(api.prefix)

  function authenticate(request: FastifyRequest, at: number): Account {
    const key = bearer.exec(request.headers.authorization ?? '')?.[1]
    const account = key !== undefined && isKey(key) ? store.keys.accountOf(hashKey(key), at) : null
    if (account === null) throw unauthorized()
    return account
  }

  function countWithinLimits(account: Account, endpoint: string, at: number): void {
    const verdict = limits.admit(account, at)
    if (verdict.accepted) {
      audit.accepted(account.id, endpoint, verdict)
      return
    }
    audit.refused(account.id, verdict.window)
    const limit = verdict.window === 'minute' ? account.perMinute : account.perMonth
    throw rateLimited(verdict.window, limit, verdict.retryAfterS)
  }

  api.addHook('onRequest', (request, reply, done) => {
    const at = now()
    const account = authenticate(request, at)
    request.account = account
    if (account.plan === 'starter') {
      audit.accepted(account.id, endpointOf(request), limits.count(account.id, at))
      throw planNotAllowed(account.plan, 'the API')
    }

    const fault = options.drawFault?.() ?? null
    if (fault !== null) audit.fault(account.id, fault)
    if (fault === '429') throw rateLimited('minute', account.perMinute, 1)
    countWithinLimits(account, endpointOf(request), at)
    if (fault === '500') throw internalError()
    if (fault === 'reset') {
      reply.hijack()
      request.raw.socket.resetAndDestroy()
    }
    request.cutsAnswer = fault === 'cut'
    const delayMs = options.latencyMs + (fault === 'slow' ? options.slowMs : 0)
    if (delayMs === 0) done()
    else setTimeout(done, delayMs)
  })

  api.addHook('onSend', (request, reply, payload, done) => {
    if (request.account !== null) audit.answered(request.account.id, reply.statusCode)
    done(null, payload)
  })
  if (options.drawFault !== null) cutAnswers(api)
}

/** Returns names such as `GET /qr-codes/{id}/scans`, computed once for each route. */
function createEndpointNames(prefix: string): (request: FastifyRequest) => string {
  const names = new Map<string, string>()
  return (request) => {
    const { url } = request.routeOptions
    const route = `${request.method} ${url}`
    let name = names.get(route)
    if (name === undefined) {
      const path = url?.slice(prefix.length).replaceAll(/:(\w+)/g, '{$1}') ?? '(unknown path)'
      names.set(route, (name = `${request.method} ${path}`))
    }
    return name
  }
}
