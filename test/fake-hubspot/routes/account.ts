import type { FastifyInstance } from 'fastify'
import { HubSpotError } from '../errors.ts'
import type { Portal } from '../portal.ts'
import { utcOffsetMs } from '../http/rate-limits.ts'
import type { Requests } from '../http/requests.ts'
import { heldScopes } from '../http/scopes.ts'

/** Account/Account Info/Rollouts/144923/2026-09/accountInfo.json, and the token's own endpoint. */
export function accountRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  app.get('/account-info/2026-09/details', () => {
    const offsetMs = utcOffsetMs(portal.now(), portal.timeZone)
    return {
      portalId: portal.id,
      accountType: 'STANDARD',
      timeZone: portal.timeZone,
      companyCurrency: 'USD',
      additionalCurrencies: [],
      utcOffset: spellOffset(offsetMs),
      utcOffsetMilliseconds: offsetMs,
      uiDomain: 'app.hubspot.com',
      dataHostingLocation: 'na1',
    }
  })

  app.get('/account-info/2026-09/api-usage/daily/private-apps', () => ({
    results: [
      {
        name: 'private-apps-api-calls-daily',
        usageLimit: portal.limits.limits.daily,
        currentUsage: portal.limits.usedToday,
        collectedAt: new Date(portal.now()).toISOString(),
        fetchStatus: 'SUCCESS',
        resetsAt: new Date(portal.limits.resetsAtMs).toISOString(),
      },
    ],
  }))

  // Not in any published file. Shape of request and response as clients of private apps and service keys use
  // it.
  app.post('/oauth/v2/private-apps/get/access-token-info', (request) => {
    const { tokenKey } = requests.body(request, 'AccessTokenInfoRequest') as { tokenKey: string }
    if (tokenKey !== portal.token) {
      throw new HubSpotError(401, { message: 'The token is not known.', category: 'INVALID_AUTHENTICATION' })
    }
    return { userId: 9_000_001, hubId: portal.id, appId: 7_000_001, scopes: heldScopes(portal) }
  })
}

function spellOffset(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0')
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
