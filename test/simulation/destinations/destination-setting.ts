import { campaignOf, productOf, type CodeOfApi } from '../api/api-model.ts'
import type { Random } from '../machines/random.ts'

/** The destinations of a seed besides the model of a warehouse, and their settings. */
export interface DestinationSetting {
  hubspot: HubSpotSetting | null
  hasDuckDb: boolean
}

export interface HubSpotSetting {
  /** The object for codes. */
  object: string
  /** Whether a scan becomes a record too. */
  scans: boolean
  link: LinkSetting[]
  callsPer10Seconds: number
  /** Whether a scan of a code that names a contact or company becomes an event. */
  events: boolean
}

export interface LinkSetting {
  object: string
  property: string
  /** A field of the code, if it contains the key. */
  field?: 'name' | 'short_url' | 'campaign'
  /** A parameter of its destination's URL, if it contains the key. */
  parameter?: 'product'
}

/** Returns what a code names by a rule. */
export function linkKeyOf(
  { field, parameter }: LinkSetting,
  { id, name }: Pick<CodeOfApi, 'id' | 'name'>,
): string {
  if (parameter !== undefined) return productOf({ id })
  switch (field) {
    case 'campaign':
      return campaignOf({ id })
    case 'short_url':
      return 'q.test'
    default:
      return name
  }
}

export const realDestinations = ['hubspot', 'duckdb'] as const
export type RealDestination = (typeof realDestinations)[number]

const hubspotShare = 0.2
const duckDbShare = 0.05

/**
 * Found by a unique property, by a text that search finds, and one record for all codes; named by a field, by a
 * parameter, and by a field that the connector does not know.
 */
const links: Readonly<Record<string, readonly LinkSetting[]>> = {
  products: [
    { object: 'products', property: 'hs_sku', field: 'name' },
    { object: 'products', property: 'hs_sku', parameter: 'product' },
  ],
  contacts: [
    { object: 'contacts', property: 'firstname', field: 'name' },
    { object: 'contacts', property: 'firstname', field: 'campaign' },
  ],
  companies: [{ object: 'companies', property: 'domain', field: 'short_url' }],
}

/** @param given the destinations that a seed has in any case */
export function destinationsOf(random: Random, given: ReadonlySet<RealDestination>): DestinationSetting {
  const hasHubSpot = random.chance(hubspotShare) || given.has('hubspot')
  const hasDuckDb = random.chance(duckDbShare) || given.has('duckdb')
  return { hubspot: hasHubSpot ? hubspotOf(random.of('hubspot')) : null, hasDuckDb }
}

function hubspotOf(random: Random): HubSpotSetting {
  const object = random.pick(['qr_code', 'companies', 'products'])
  const setting = {
    object,
    scans: random.chance(0.6),
    link: Object.entries(links)
      .filter(([linked]) => linked !== object && random.chance(0.4))
      .map(([linked, rules]) => random.of(linked).pick(rules)),
    callsPer10Seconds: random.pick([100, 100, 190, 30]),
  }
  const hasEvents = setting.link.some((rule) => rule.object !== 'products')
  return { ...setting, events: hasEvents && random.chance(0.5) }
}
