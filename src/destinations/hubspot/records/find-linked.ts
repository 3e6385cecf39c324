import { domainToASCII, domainToUnicode } from 'node:url'
import type { LinkTarget } from '../../destination.ts'
import type { Ask } from '../http/client.ts'
import type { LinkObject } from '../account/prepared.ts'
import { standardObjects } from '../account/standard-objects.ts'
import { listed, mergedIds, readAnswering } from '../http/read-answering.ts'
import type { HubSpotRecord } from '../http/read-batch-answer.ts'
import { searchRecords } from '../http/search-records.ts'

/** How each key may be spelled; the first match counts. */
type Spellings = ReadonlyMap<string, readonly string[]>

/**
 * Finds the record that each key names, as HubSpot compares them: an address or a text in any case, a contact
 * by each of its addresses, a record by the ids that it had before a merge.
 *
 * @param asWritten another spelling, by key, which HubSpot looks up in the same call
 */
export async function findLinked(
  ask: Ask,
  link: LinkObject,
  keys: readonly string[],
  asWritten: ReadonlyMap<string, string>,
): Promise<Map<string, LinkTarget>> {
  const spellings = new Map(keys.map((key) => [key, [key, asWritten.get(key) ?? key]]))
  switch (link.lookup) {
    case 'record_id':
      return readLinked(ask, link, undefined, spellings)
    case 'unique':
      return readLinked(ask, link, link.property, spellings)
    case 'search':
      return searchLinked(ask, link, spellings)
  }
}

async function readLinked(
  ask: Ask,
  { typeId, name, property }: LinkObject,
  idProperty: string | undefined,
  spellings: Spellings,
): Promise<Map<string, LinkTarget>> {
  const idOf = (spelling: string) => (idProperty === 'email' ? spelling.toLowerCase() : spelling)
  // HubSpot refuses a whole call because of an id that is not a number.
  const canBeAsked = (id: string) => idProperty !== undefined || /^\d{1,19}$/.test(id)
  const idsOf = (ways: readonly string[]) => [...new Set(ways.map(idOf).filter(canBeAsked))]
  const all = new Set([...spellings.values()].flatMap(idsOf))
  const { records, refused } = await readAnswering(ask, { typeId, idProperty }, [...all])
  const targetOf = (key: string, ways: readonly string[]): LinkTarget => {
    const ids = idsOf(ways)
    if (ids.length === 0) return { is: 'refused', reason: `${key} is no id of a ${name} record` }
    for (const id of ids) {
      const record = records.get(id)
      if (record !== undefined) return toTarget(record)
      const reason = refused.get(id)
      if (reason !== undefined) return { is: 'refused', reason: `${property} = ${key}: ${reason}` }
    }
    return { is: 'none' }
  }
  return new Map([...spellings].map(([key, ways]) => [key, targetOf(key, ways)]))
}

async function searchLinked(
  ask: Ask,
  { typeId, name, property }: LinkObject,
  given: Spellings,
): Promise<Map<string, LinkTarget>> {
  const spellings = new Map(
    [...given].map(([key, ways]) => [
      key,
      [...new Set(ways.flatMap((way) => spellingsOf(typeId, property, way)))],
    ]),
  )
  const values = new Set([...spellings.values()].flat())
  const { records, refused } = await searchRecords(ask, { typeId, property }, [...values])
  return new Map(
    [...spellings].map(([key, ways]): [string, LinkTarget] => {
      // The literal spelling comes before any other one.
      const [record, other] = ways.map((way) => records.get(way) ?? []).find((each) => each.length > 0) ?? []
      if (other !== undefined) {
        return [key, { is: 'refused', reason: `more than one ${name} record with ${property} = ${key}` }]
      }
      if (record !== undefined) return [key, toTarget(record)]
      const reason = ways.map((way) => refused.get(way)).find((each) => each !== undefined)
      return [key, reason === undefined ? { is: 'none' } : { is: 'refused', reason }]
    }),
  )
}

function toTarget({ id, properties }: HubSpotRecord): LinkTarget {
  return { is: 'record', id, formerIds: listed(properties[mergedIds]) }
}

/**
 * Returns how HubSpot may store what a code names, the closest spelling first. Its search ignores case if
 * values are in lower case. It stores a company's domain without the rest of an address, so it is not asked for
 * whole addresses, which would fill its calls; and in either spelling if the domain is not ASCII.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm ("IN": values must be
 *   lower-case)
 */
function spellingsOf(typeId: string, property: string, key: string): string[] {
  const text = key.trim().toLowerCase()
  if (property !== 'domain') return [text]
  const host = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#:].*$/, '')
    .replace(/\.$/, '')
  const bare = host.replace(/^www\./, '')
  const hosts = [host, bare, domainToASCII(bare), domainToUnicode(bare)]
  const all = typeId === standardObjects['companies']?.typeId && host !== '' ? hosts : [text, ...hosts]
  return [...new Set(all.filter((each) => each !== ''))]
}
