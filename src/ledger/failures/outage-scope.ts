import { lateScansEndpoint, type FailureTarget } from './failures.ts'

/** The scope of an outage of the whole API; every other scope is an endpoint. */
export const wholeApi = ''

/** The scopes of the outages that hold a target up. */
export const scopesOf = (target: FailureTarget) => [wholeApi, endpointOf(target)]

/** @param outage its endpoint; null for the whole API */
export function concerns({ endpoint }: { endpoint: string | null }, target: FailureTarget): boolean {
  return scopesOf(target).includes(endpoint ?? wholeApi)
}

function endpointOf({ endpoint }: FailureTarget): string {
  return endpoint === lateScansEndpoint ? 'GET /qr-codes/{id}/scans' : endpoint
}
