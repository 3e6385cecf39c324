import type { HubSpotConfig } from '../../config/destinations.ts'
import type { LinkRule } from '../../model/summary.ts'
import { hubSpotError, lookAgain } from './hubspot-error.ts'
import type { LinkObject } from './prepared.ts'
import type { KnownProperty } from './prepare-properties.ts'

type LinkConfig = HubSpotConfig['link'][number]

/** As it stands in the ids of rows, and so in lists of the rejected: "contacts.email". */
export function ruleName({ object, property }: LinkConfig): string {
  return `${object}.${property}`
}

export function toLinkRule(link: LinkConfig): LinkRule {
  const { parameter, field } = link
  return { name: ruleName(link), source: parameter === undefined ? { field: field ?? '' } : { parameter } }
}

/**
 * How records are found by the rule's property. HubSpot reads them by their id, by a contact's e-mail address, and by
 * properties that require unique values; by any other text only its search finds them.
 */
export function findLookup(
  rule: LinkConfig,
  known: ReadonlyMap<string, KnownProperty>,
  destination: string,
): LinkObject['lookup'] {
  if (rule.property === 'hs_object_id') return 'record_id'
  const property = known.get(rule.property)
  if (property?.hasUniqueValue || (rule.object === 'contacts' && rule.property === 'email')) return 'unique'
  if (property?.type === 'string') return 'search'
  const what =
    property === undefined
      ? `${rule.object} in HubSpot have no property ${rule.property}.`
      : `records of ${rule.object} cannot be found by ${rule.property}, which is of the type ${property.type}.`
  const advice =
    'Name one that holds a text, such as email of contacts or domain of companies, in the rule under link.'
  throw hubSpotError(destination, 'DESTINATION_FORBIDDEN', lookAgain, what, advice)
}
