import { historyEndpoint, lateScansEndpoint, type FailureTarget } from './failures.ts'

/** The scope of an outage of the whole API; every other scope is an endpoint. */
export const wholeApi = ''

/** The scopes of the outages that delay a target. */
export const scopesOf = (target: FailureTarget) => [wholeApi, endpointOf(target)]

/** @param outage its endpoint; null for the whole API */
export function concerns({ endpoint }: { endpoint: string | null }, target: FailureTarget): boolean {
  return scopesOf(target).includes(endpoint ?? wholeApi)
}

const scansEndpoint = 'GET /qr-codes/{id}/scans'

/** The endpoints of all targets that an outage of a scope delays. */
export function endpointsOf(scope: string): string[] {
  return scope === scansEndpoint ? [scope, historyEndpoint, lateScansEndpoint] : [scope]
}

function endpointOf({ endpoint }: FailureTarget): string {
  return endpointsOf(scansEndpoint).includes(endpoint) ? scansEndpoint : endpoint
}
