import type { FastifyInstance } from 'fastify'
import { validationError } from '../errors.ts'
import type { Portal } from '../portal.ts'
import { rateLimited } from '../http/rate-limits.ts'
import { namesOr, recordBody } from '../records/record-body.ts'
import type { HubSpotRecord } from '../records/record-store.ts'
import type { Requests } from '../http/requests.ts'
import { requestedType } from './objects-batch.ts'

interface Filter {
  propertyName: string
  operator: string
  value?: string
  values?: string[]
}

interface Search {
  filterGroups: { filters: Filter[] }[]
  properties: string[]
  limit: number
  after: string
}

/**
 * https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm (limits): "If the body of your request exceeds
 * 3,000 characters, a 400 error will be returned"; "limited to 10,000 total results for any given query. Attempting to page
 * beyond 10,000 will result in a 400 error". The words of both errors are ours.
 */
const maxPage = 200
const maxPerSecond = 5
const maxBody = 3_000
const maxHits = 10_000

/** Search of records, as far as looking them up by values of properties. */
export function searchRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  let recent: number[] = []

  app.post('/crm/objects/2026-09/:objectType/search', (request) => {
    const nowMs = portal.now()
    recent = recent.filter((at) => at > nowMs - 1000)
    if (recent.length >= maxPerSecond) throw rateLimited('SECONDLY')
    recent.push(nowMs)

    const type = requestedType(portal, request, 'read')
    const search = requests.body(request, 'PublicObjectSearchRequest') as Search
    const length = JSON.stringify(request.body).length
    if (length > maxBody) {
      throw validationError(`The request body has ${length} characters, more than the maximum of ${maxBody}`)
    }
    if (search.limit > maxPage) throw validationError(`limit must be at most ${maxPage}`)
    const unknown = search.filterGroups
      .flatMap(({ filters }) => filters)
      .find(({ propertyName }) => !type.properties.has(propertyName))
    if (unknown) throw validationError(`There was a problem with the request: ${unknown.propertyName}`)

    const asked = search.filterGroups.flatMap(({ filters }) =>
      filters.flatMap(({ value, values = [] }) => (value === undefined ? values : [value, ...values])),
    )
    const bad = asked.find((each) => portal.refusedSearches.has(each) || portal.refusedSearches.has(null))
    if (bad !== undefined) throw validationError(`${bad} cannot be searched for`)

    const isFound = (record: HubSpotRecord) =>
      search.filterGroups.length === 0 ||
      search.filterGroups.some(({ filters }) => filters.every((filter) => matches(record, filter)))
    // "Newly created or updated CRM objects may take a few moments to appear in search results."
    const isSeen = ({ updatedAtMs }: HubSpotRecord) =>
      portal.searchLagMs === 0 || updatedAtMs <= nowMs - portal.searchLagMs
    const found = [...type.records.records.values()].filter((record) => isSeen(record) && isFound(record))
    const start = Number(search.after || 0)
    const end = start + search.limit
    if (end > maxHits) throw validationError(`A search returns at most ${maxHits} records`)
    const names = namesOr(type, search.properties)
    return {
      total: found.length,
      results: found.slice(start, end).map((record) => recordBody(portal, type, record, names)),
      ...(end < found.length && { paging: { next: { after: String(end) } } }),
    }
  })
}

/** Text is found in any case; "IN" and "NOT_IN" need their values in lower case. */
function matches(
  record: HubSpotRecord,
  { propertyName, operator, value = '', values = [] }: Filter,
): boolean {
  const has = (propertyName === 'hs_object_id' ? record.id : record.properties[propertyName])?.toLowerCase()
  switch (operator) {
    case 'EQ':
      return has === value.toLowerCase()
    case 'NEQ':
      return has !== value.toLowerCase()
    case 'IN':
      return has !== undefined && values.includes(has)
    case 'HAS_PROPERTY':
      return has !== undefined
    case 'NOT_HAS_PROPERTY':
      return has === undefined
    default:
      throw validationError(`operator ${operator} is not one that this fake knows`)
  }
}
