import type { FastifyInstance } from 'fastify'
import { alreadyExists, notFound, validationError } from '../errors.ts'
import type { Requests } from '../http/requests.ts'
import { requireOneOf } from '../http/scopes.ts'
import { nextId, type FakeList, type Portal } from '../portal.ts'
import { resolveType } from '../types/object-type.ts'

interface FilterBranch {
  filterBranchType: string
  filterBranches: FilterBranch[]
  filters: { property?: string }[]
}

type ListInput = Pick<FakeList, 'name' | 'objectTypeId' | 'processingType'> & { filterBranch?: FilterBranch }

/**
 * CRM/Lists/Rollouts/144891/2026-09/lists.json, with its scopes. A list's name is "globally unique across all
 * public lists in the portal"; the words of errors are ours.
 */
export function listRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  const path = '/crm/lists/2026-09'

  app.get(`${path}/object-type-id/:objectTypeId/name/:listName`, (request) => {
    requireOneOf(portal, ['crm.lists.read'])
    requests.query(request, { includeFilters: 'flag' })
    const { objectTypeId, listName } = request.params as { objectTypeId: string; listName: string }
    const list = portal.lists.find((each) => each.name === listName && each.objectTypeId === objectTypeId)
    if (list === undefined) throw notFound(`List does not exist with name ${listName}.`)
    return { list: bodyOf(list) }
  })

  app.put(`${path}/:listId/restore`, (request) => {
    requireOneOf(portal, ['crm.lists.write', 'cms.membership.access_groups.write'])
    const { listId } = request.params as { listId: string }
    // Nobody deletes a list here.
    throw notFound(`List does not exist with ID ${listId}.`)
  })

  app.post(path, (request) => {
    requireOneOf(portal, ['crm.lists.write', 'cms.membership.access_groups.write'])
    const input = requests.body(request, 'ListCreateRequest') as ListInput
    if (portal.lists.some(({ name }) => name === input.name)) {
      throw alreadyExists(`A list named ${input.name} already exists.`, 'ILS.LIST_NAME_EXISTS')
    }
    checkFilters(portal, input)
    const list: FakeList = { id: nextId(portal), ...input }
    portal.lists.push(list)
    return { list: bodyOf(list) }
  })
}

/**
 * The filters of an active list are an OR of ANDs, as in each example of
 * https://developers.hubspot.com/docs/api-reference/latest/crm/lists/list-filters.
 */
function checkFilters(portal: Portal, { processingType, objectTypeId, filterBranch }: ListInput): void {
  const type = resolveType(portal.types, objectTypeId)
  if (processingType !== 'DYNAMIC' || filterBranch === undefined) return
  const { filterBranchType, filterBranches } = filterBranch
  const isNested =
    filterBranches.length > 0 && filterBranches.every((each) => each.filterBranchType === 'AND')
  if (filterBranchType !== 'OR' || !isNested) throw validationError('A filter is an OR of ANDs')
  for (const { property = '' } of filterBranches.flatMap(({ filters }) => filters)) {
    if (!type.properties.has(property)) throw validationError(`Property "${property}" does not exist`)
  }
}

/** `PublicObjectList` */
function bodyOf({ id, name, objectTypeId, processingType }: FakeList) {
  return { listId: id, listVersion: 1, name, objectTypeId, processingType, processingStatus: 'COMPLETE' }
}
