import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { parseRefusal } from '../http/refusal.ts'
import { scopesOf } from './standard-objects.ts'

/** A scope, and a call that HubSpot refuses without it and that changes nothing. */
export interface NeededScope {
  scope: string
  probe: { method: 'GET' | 'POST'; path: string; body?: object }
}

/** @param type as a path takes it */
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

/** Those of custom events, each with a call that changes nothing. */
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

const tokenInfo = z.object({ scopes: z.array(z.string()) })

/**
 * The scopes of the token, as HubSpot tells them of private apps; null where it does not.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
 */
export async function readScopes(ask: Ask, token: string): Promise<ReadonlySet<string> | null> {
  const path = '/oauth/v2/private-apps/get/access-token-info'
  const answer = await ask({ method: 'POST', path, body: { tokenKey: token } }, [400, 401, 403, 404])
  return answer.status === 200 ? new Set(answer.read(tokenInfo).scopes) : null
}

/**
 * One without the scope is refused for that, before anything else of it is looked at; one that lacks a permission besides scopes,
 * such as that of the user who made the key, in other words.
 *
 * @returns HubSpot's words where it refuses the call; null where it does not
 */
export async function probeScope(ask: Ask, { probe }: NeededScope): Promise<string | null> {
  const { status, text } = await ask(probe, [400, 403, 404, 409])
  if (status !== 403) return null
  return parseRefusal(text).reason
}
