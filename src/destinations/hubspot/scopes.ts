import { z } from 'zod'
import type { HubSpotConfig } from '../../config/destinations.ts'
import type { Ask } from './client.ts'
import { scopesOf, standardObjects } from './standard-objects.ts'

/** A scope, what we need it for, and a call that shows whether we have it while it changes nothing. */
export interface NeededScope {
  scope: string
  for: string
  probe: { method: 'GET' | 'POST'; path: string; body?: object }
}

/** What the config asks for, each scope once. */
export function neededScopes({
  object,
  scans,
  link,
}: Pick<HubSpotConfig, 'object' | 'scans' | 'link'>): NeededScope[] {
  const linked = link.map((rule) => rule.object)
  const objects = [...new Set([object, ...(scans ? ['qr_scan'] : []), ...linked])]
  const all = objects.flatMap((each): NeededScope[] => {
    const { readRecords, writeRecords, readProperties, writeProperties } = scopesOf(each)
    const type = standardObjects[each]?.typeId ?? each
    const none = { inputs: [] }
    return [
      {
        ...{ scope: readProperties, for: `to see the properties of ${each}` },
        probe: { method: 'GET', path: `/crm/properties/2026-09/${type}/groups` },
      },
      {
        ...{ scope: writeProperties, for: `to make properties on ${each}` },
        probe: { method: 'POST', path: `/crm/properties/2026-09/${type}/batch/create`, body: none },
      },
      {
        ...{ scope: readRecords, for: `to find records of ${each}` },
        probe: {
          ...{ method: 'POST', path: `/crm/objects/2026-09/${type}/batch/read` },
          body: { ...none, properties: [], propertiesWithHistory: [] },
        },
      },
      {
        ...{ scope: writeRecords, for: `to write records of ${each}` },
        probe: { method: 'POST', path: `/crm/objects/2026-09/${type}/batch/update`, body: none },
      },
    ]
  })
  return [...new Map(all.map((each) => [each.scope, each])).values()]
}

const tokenInfo = z.object({ scopes: z.array(z.string()) })

/**
 * The scopes of the token, as HubSpot tells them of service keys and private apps; null where it does not.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
 */
export async function readScopes(ask: Ask, token: string): Promise<ReadonlySet<string> | null> {
  const path = '/oauth/v2/private-apps/get/access-token-info'
  const answer = await ask({ method: 'POST', path, body: { tokenKey: token } }, [400, 403, 404])
  if (answer.status !== 200) return null
  const told = tokenInfo.safeParse(JSON.parse(answer.text))
  return told.success ? new Set(told.data.scopes) : null
}

/** Whether HubSpot would let us, by a call that asks for nothing: one without the scope is refused before it is looked at. */
export async function probeScope(ask: Ask, { probe }: NeededScope): Promise<boolean> {
  return (await ask(probe, [400, 403, 404, 409])).status !== 403
}
