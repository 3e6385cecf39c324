import type { PublicObjectSearchRequest } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import { blameAccount } from '../account/account-changed.ts'
import type { Ask } from './client.ts'
import { mergedIds } from './read-answering.ts'
import { given } from './hubspot-apis.ts'
import { toRecord, type HubSpotRecord } from './read-batch-answer.ts'
import { parseRefusal } from './refusal.ts'
import { sendBatch } from './send-batch.ts'
import { asSent, type Plain } from './told.ts'
import { NotSettled } from '../records/settle-inputs.ts'

/**
 * HubSpot answers a longer body with a 400. Its limit is in characters; we count bytes, which are never fewer.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm#limits
 */
const mostBytes = 3_000

/** The most records on a page, and in all pages of a search (the same reference). */
const recordsPerPage = 200
const recordsPerSearch = 10_000

/** The most values in one call: more would rarely fit. */
const mostValues = 100

/** If HubSpot refuses this many values one by one, and accepts none, the values are not the cause. */
const refusalsToGiveUp = 3

export interface Searched {
  /** By value in lower case: one record, or two if there are more. */
  records: Map<string, HubSpotRecord[]>
  /** Values that cannot be searched for, with the reason. */
  refused: Map<string, string>
}

interface Request {
  typeId: string
  property: string
}

/**
 * Searches records by a property whose values several records may share. The search does not find what was
 * written a moment ago.
 *
 * @param values distinct, in lower case, because HubSpot compares texts that way
 * @throws NotSettled if HubSpot refuses searches whatever the values are
 */
export async function searchRecords(ask: Ask, of: Request, values: readonly string[]): Promise<Searched> {
  const searched: Searched = { records: new Map(), refused: new Map() }
  const fitting: string[] = []
  for (const value of values) {
    if (sizeOf(of, [value]) <= mostBytes) fitting.push(value)
    else searched.refused.set(value, `a value of ${value.length} characters is too long for HubSpot’s search`)
  }
  let answers = 0
  let refusals = 0
  const groups = partsOf(of, fitting).toReversed()
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const reason = await searchGroup(ask, of, group, searched)
    if (reason === null) {
      answers += 1
      continue
    }
    if (group.length > 1) {
      const middle = Math.ceil(group.length / 2)
      groups.push(group.slice(middle), group.slice(0, middle))
      continue
    }
    refusals += 1
    if (answers === 0 && refusals >= refusalsToGiveUp) throw new NotSettled(reason)
    for (const value of group) searched.refused.set(value, reason)
  }
  return searched
}

/** @returns why HubSpot refuses the search; null if it has answered */
async function searchGroup(
  ask: Ask,
  of: Request,
  values: readonly string[],
  { records }: Searched,
): Promise<string | null> {
  let open = [...values]
  let after = '0'
  while (open.length > 0) {
    const body = asSent<PublicObjectSearchRequest>(bodyOf(of, open, after))
    const answer = await sendBatch(ask, ({ search }) => search.doSearchWithHttpInfo(of.typeId, body))
    if (answer.status >= 400) {
      const refusal = parseRefusal(answer.text)
      blameAccount(refusal)
      return refusal.reason
    }
    for (const told of given(answer, 'results')) {
      const record = toRecord(told)
      if (record === null) throw answer.unreadable('results')
      note(records, (record.properties[of.property] ?? '').trim().toLowerCase(), record)
    }
    const next = answer.body.paging?.next?.after
    if (typeof next !== 'string' || Number(next) >= recordsPerSearch) return null
    // Two records are enough to show that a value is ambiguous. The rest of them is skipped, and the other
    // values are searched for without it.
    const left = open.filter((value) => (records.get(value)?.length ?? 0) < 2)
    after = left.length < open.length ? '0' : next
    open = left
  }
  return null
}

function note(records: Map<string, HubSpotRecord[]>, value: string, record: HubSpotRecord): void {
  const known = records.get(value) ?? []
  if (known.length < 2 && known.every(({ id }) => id !== record.id)) records.set(value, [...known, record])
}

function bodyOf(
  { property }: Request,
  values: readonly string[],
  after: string,
): Plain<PublicObjectSearchRequest> {
  return {
    filterGroups: [{ filters: [{ propertyName: property, operator: 'IN', values }] }],
    properties: [property, mergedIds],
    sorts: [],
    limit: recordsPerPage,
    after,
  }
}

function sizeOf(of: Request, values: readonly string[]): number {
  return Buffer.byteLength(JSON.stringify(bodyOf(of, values, String(recordsPerSearch))))
}

/** Cuts the values into lists that fit into one search each. */
function partsOf(of: Request, values: readonly string[]): string[][] {
  const emptyBytes = sizeOf(of, [])
  const parts: string[][] = []
  let bytes = Infinity
  for (const value of values) {
    const more = sizeOf(of, [value]) - emptyBytes + 1
    const part = parts.at(-1)
    if (part === undefined || bytes + more > mostBytes || part.length === mostValues) {
      parts.push([value])
      bytes = emptyBytes + more
    } else {
      part.push(value)
      bytes += more
    }
  }
  return parts
}
