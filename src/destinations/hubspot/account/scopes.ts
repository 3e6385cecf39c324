import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { parseRefusal } from '../http/refusal.ts'
import { scopesOf } from './standard-objects.ts'

/** A scope, and a call that changes nothing and that HubSpot refuses without the scope. */
export interface NeededScope {
  scope: string
  probe: { method: 'GET' | 'POST' | 'PUT'; path: string; body?: object }
}

/** @param type the object's type id in a path */
export function neededScopes(object: string, type: string): NeededScope[] {
  const { readRecords, writeRecords, readProperties, writeProperties } = scopesOf(object)
  const read = { inputs: [], properties: [], propertiesWithHistory: [] }
  const none = { inputs: [] }
  return [
    { scope: readProperties, probe: { method: 'GET', path: `/crm/properties/2026-09/${type}/groups` } },
    {
      scope: writeProperties,
      probe: { method: 'POST', path: `/crm/properties/2026-09/${type}/batch/create`, body: none },
    },
    {
      scope: readRecords,
      probe: { method: 'POST', path: `/crm/objects/2026-09/${type}/batch/read`, body: read },
    },
    {
      scope: writeRecords,
      probe: { method: 'POST', path: `/crm/objects/2026-09/${type}/batch/update`, body: none },
    },
  ]
}

/** The scopes of custom events, each with a call that changes nothing. */
export const eventScopes: readonly NeededScope[] = [
  {
    scope: 'behavioral_events.event_definitions.read_write',
    probe: { method: 'GET', path: '/events/2026-09/event-definitions/qrsync_scan' },
  },
  {
    scope: 'analytics.behavioral_events.send',
    probe: { method: 'POST', path: '/events/2026-09/send/batch', body: { inputs: [] } },
  },
]

/**
 * The scopes of lists. No list has the id 0, so nothing is restored.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/lists/restore-list
 */
export const listScopes: readonly NeededScope[] = [
  {
    scope: 'crm.lists.read',
    probe: { method: 'GET', path: '/crm/lists/2026-09/object-type-id/0-1/name/qrsync' },
  },
  { scope: 'crm.lists.write', probe: { method: 'PUT', path: '/crm/lists/2026-09/0/restore' } },
]

const tokenInfo = z.object({ scopes: z.array(z.string()) })

/**
 * Returns the scopes of the token, which HubSpot reports for private apps; null if it does not.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
 */
export async function readScopes(ask: Ask, token: string): Promise<ReadonlySet<string> | null> {
  const path = '/oauth/v2/private-apps/get/access-token-info'
  const answer = await ask({ method: 'POST', path, body: { tokenKey: token } }, [400, 401, 403, 404])
  return answer.status === 200 ? new Set(answer.read(tokenInfo).scopes) : null
}

/**
 * Makes a call that needs a scope. HubSpot refuses it for a missing scope before anything else, and with other
 * words for a missing permission that is not a scope, such as one of the user who created the key.
 *
 * @returns HubSpot's reason for refusing the call; null if it accepts it
 */
export async function probeScope(ask: Ask, { probe }: NeededScope): Promise<string | null> {
  const { status, text } = await ask(probe, [400, 403, 404, 409])
  if (status !== 403) return null
  return parseRefusal(text).reason
}
