import type { FastifyInstance } from 'fastify'
import { HubSpotError, notFound } from '../errors.ts'
import type { Portal } from '../portal.ts'
import { utcOffsetMs } from '../http/rate-limits.ts'
import type { Requests } from '../http/requests.ts'
import { heldScopes } from '../http/scopes.ts'

/**
 * Account/Account Info/Rollouts/144923/2026-09/accountInfo.json, CRM/Object Library/Rollouts/196908/2026-09/objectLibrary.json,
 * and the token's own endpoint.
 */
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

  // "Only objects which can be activated or deactivated will be returned":
  // https://developers.hubspot.com/docs/api-reference/latest/crm/crm-data-model/guide.
  app.get('/crm/object-library/2026-09/enablement/:objectTypeId', (request) => {
    const { objectTypeId } = request.params as { objectTypeId: string }
    const type = portal.types.find(({ id }) => id === objectTypeId)
    if (type?.isActivated === undefined) throw notFound(`${objectTypeId} can not be activated`)
    return { enablement: type.isActivated }
  })

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
