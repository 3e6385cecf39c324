import { domainToASCII, domainToUnicode } from 'node:url'
import type { LinkTarget } from '../../destination.ts'
import type { Ask } from '../http/client.ts'
import type { LinkObject } from '../account/prepared.ts'
import { listed, mergedIds, readAnswering } from '../http/read-answering.ts'
import type { HubSpotRecord } from '../http/read-batch-answer.ts'
import { searchRecords } from '../http/search-records.ts'

/**
 * The record that each key names, as HubSpot compares them: an address or a text in any letters, a contact by each of its
 * addresses, a record by the ids that it had before it was merged.
 */
export async function findLinked(
  ask: Ask,
  link: LinkObject,
  keys: readonly string[],
): Promise<Map<string, LinkTarget>> {
  switch (link.lookup) {
    case 'record_id':
      return readLinked(ask, link, undefined, keys)
    case 'unique':
      return readLinked(ask, link, link.property, keys)
    case 'search':
      return searchLinked(ask, link, keys)
  }
}

async function readLinked(
  ask: Ask,
  { typeId, name, property }: LinkObject,
  idProperty: string | undefined,
  keys: readonly string[],
): Promise<Map<string, LinkTarget>> {
  const idOf = (key: string) => (idProperty === 'email' ? key.toLowerCase() : key)
  // HubSpot refuses a whole call for an id that is no number.
  const canBeAsked = (id: string) => idProperty !== undefined || /^\d{1,19}$/.test(id)
  const ids = new Set(keys.map(idOf).filter(canBeAsked))
  const { records, refused } = await readAnswering(ask, { typeId, idProperty }, [...ids])
  return new Map(
    keys.map((key): [string, LinkTarget] => {
      const id = idOf(key)
      if (!canBeAsked(id)) return [key, { is: 'refused', reason: `${key} is no id of a ${name} record` }]
      const record = records.get(id)
      if (record !== undefined) return [key, toTarget(record)]
      const reason = refused.get(id)
      return [
        key,
        reason === undefined ? { is: 'none' } : { is: 'refused', reason: `${property} = ${key}: ${reason}` },
      ]
    }),
  )
}

async function searchLinked(
  ask: Ask,
  { typeId, name, property }: LinkObject,
  keys: readonly string[],
): Promise<Map<string, LinkTarget>> {
  const spellings = new Map(keys.map((key) => [key, spellingsOf(property, key)]))
  const values = new Set([...spellings.values()].flat())
  const { records, refused } = await searchRecords(ask, { typeId, property }, [...values])
  return new Map(
    [...spellings].map(([key, ways]): [string, LinkTarget] => {
      // As it stands, before any other way to write the same.
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
 * How HubSpot may hold what a code names, the closest first. Its search finds texts in any letters, if they are sent in small
 * ones. A company's domain is kept without what surrounds it in an address, and in either way to write one that is not ASCII.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm ("IN": values must be lower-case)
 */
function spellingsOf(property: string, key: string): string[] {
  const text = key.trim().toLowerCase()
  if (property !== 'domain') return [text]
  const host = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#:].*$/, '')
    .replace(/\.$/, '')
  const bare = host.replace(/^www\./, '')
  const all = [text, host, bare, domainToASCII(bare), domainToUnicode(bare)]
  return [...new Set(all.filter((each) => each !== ''))]
}
