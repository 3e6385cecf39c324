import type { HubSpotSettings } from '../settings.ts'
import type { LinkObject } from './prepared.ts'
import type { KnownProperty } from './prepare-properties.ts'

type LinkSettings = HubSpotSettings['link'][number]

/**
 * Returns how records are found by the rule's property, or why they cannot be. HubSpot reads records by id, by
 * a contact's e-mail address, and by properties that require unique values. Only its search finds records by
 * other texts.
 */
export function findLookup(
  { object, property }: LinkSettings,
  known: ReadonlyMap<string, KnownProperty>,
): { lookup: LinkObject['lookup'] } | { lack: string } {
  if (property === 'hs_object_id') return { lookup: 'record_id' }
  const found = known.get(property)
  if (found === undefined) return { lack: `${object} in HubSpot have no property ${property}` }
  if (found.hasUniqueValue || (object === 'contacts' && property === 'email')) return { lookup: 'unique' }
  if (found.type === 'string') return { lookup: 'search' }
  return { lack: `records of ${object} cannot be found by ${property}, which is of the type ${found.type}` }
}

export const lookupAdvice =
  'Use a text property in the rule under link, such as email of contacts or domain of companies.'
