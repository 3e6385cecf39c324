import type { FastifyInstance } from 'fastify'
import { checkAssociations, tieRecord, type AssociationInput } from '../associations/associate.ts'
import { HubSpotError, invalidValues, notFound, validationError, type InputError } from '../errors.ts'
import { findRecord, requireUnique } from '../records/id-property.ts'
import { findType, type ObjectType } from '../types/object-type.ts'
import { createRecord, type Portal } from '../portal.ts'
import { namesOr, recordBody } from '../records/record-body.ts'
import type { HubSpotRecord } from '../records/record-store.ts'
import type { Requests } from '../http/requests.ts'
import { requestedType } from './objects-batch.ts'
import { checkWrite, isInputError } from '../records/write-checks.ts'

const path = '/crm/objects/2026-09/:objectType'
const shown = {
  archived: 'flag',
  associations: 'list',
  properties: 'list',
  propertiesWithHistory: 'list',
} as const

/** Single records and pages of them: CRM/Objects/Rollouts/424/2026-09/objects.json. */
export function objectRoutes(app: FastifyInstance, portal: Portal, requests: Requests): void {
  app.get(path, (request) => {
    const type = requestedType(portal, request, 'read')
    const query = requests.query(request, { ...shown, after: 'text', limit: 'int' })
    const limit = Number(query.limit ?? 10)
    // The number is our assumption: as many as in a batch. objects.json names none.
    if (limit < 1 || limit > 100) throw validationError('limit must be between 1 and 100')
    const page: HubSpotRecord[] = []
    // "This value is the Record ID of the next record" (https://developers.hubspot.com/docs/guides/crm/using-object-apis).
    let next: string | undefined
    const { records, archived } = type.records
    for (const record of (query.archived === 'true' ? archived : records).values()) {
      if (query.after !== undefined && Number(record.id) < Number(query.after)) continue
      if (page.length === limit) {
        next = record.id
        break
      }
      page.push(record)
    }
    const names = namesOr(type, query.properties)
    return {
      results: page.map((record) => ({
        ...recordBody(portal, type, record, names),
        ...associationsOf(portal, type, record, query.associations),
      })),
      ...(next !== undefined && { paging: { next: { after: next } } }),
    }
  })

  app.post(path, (request, reply) => {
    const type = requestedType(portal, request, 'write')
    const input = requests.body(request, 'SimplePublicObjectInputForCreate') as {
      properties: Record<string, string>
      associations: AssociationInput[]
    }
    const bad = checkAssociations(portal, type, input.associations)
    if (bad) throw toError(bad, portal)
    const values = valuesOrThrow(portal, type, null, input.properties)
    const record = createRecord(portal, type, values)
    tieRecord(portal, type, record, input.associations)
    void reply.status(201)
    return recordBody(portal, type, record, Object.keys(values))
  })

  app.get(`${path}/:objectId`, (request) => {
    const type = requestedType(portal, request, 'read')
    const query = requests.query(request, { ...shown, idProperty: 'text' })
    const record = existing(portal, type, request.params, query.idProperty)
    return {
      ...recordBody(portal, type, record, namesOr(type, query.properties)),
      ...associationsOf(portal, type, record, query.associations),
    }
  })

  app.patch(`${path}/:objectId`, (request) => {
    const type = requestedType(portal, request, 'write')
    const { idProperty } = requests.query(request, { idProperty: 'text' })
    const input = requests.body(request, 'SimplePublicObjectInput') as { properties: Record<string, string> }
    const record = existing(portal, type, request.params, idProperty)
    const values = valuesOrThrow(portal, type, record, input.properties)
    type.records.update(record, values, portal.now())
    return recordBody(portal, type, record, Object.keys(values))
  })
}

function existing(portal: Portal, type: ObjectType, params: unknown, idProperty: string | undefined) {
  if (idProperty !== undefined) requireUnique(portal, type, idProperty)
  const record = findRecord(type, idProperty, (params as { objectId: string }).objectId)
  if (record) return record
  throw notFound()
}

function valuesOrThrow(
  portal: Portal,
  type: ObjectType,
  record: HubSpotRecord | null,
  properties: Record<string, string>,
): Record<string, string> {
  const checked = checkWrite(type, record, properties, new Map(), portal.id)
  if (isInputError(checked)) throw toError(checked, portal)
  return checked.values
}

function toError({ status, category, message, context, values }: InputError, portal: Portal): HubSpotError {
  if (values) return invalidValues(values, portal.id)
  return new HubSpotError(status, { message, ...(context !== undefined && { context }), category })
}

/** "If any of the specified associations do not exist, they will be ignored" (the same file). */
function associationsOf(portal: Portal, type: ObjectType, record: HubSpotRecord, names: string[] = []) {
  const told = names.flatMap((name) => {
    const other = findType(portal.types, name)
    if (!other) return []
    const ties = [...portal.associations.of(type, other, record.id).keys()]
    const results = ties.map((id) => ({
      id,
      type: `${type.labels.singular}_to_${other.labels.singular}`.toLowerCase(),
    }))
    return results.length > 0 ? [[other.labels.plural.toLowerCase(), { results }] as const] : []
  })
  return told.length > 0 ? { associations: Object.fromEntries(told) } : {}
}
