import type { FastifyRequest } from 'fastify'
import { validationError, type InputError } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import type { HubSpotRecord } from './record-store.ts'
import type { Requests } from '../http/requests.ts'
import type { BatchInput } from './write-batch.ts'

export interface IdInput extends BatchInput {
  id: string
  idProperty?: string
}

/** @param idProperty a unique property; without one, the record's own id */
export function findRecord(
  type: ObjectType,
  idProperty: string | undefined,
  id: string,
): HubSpotRecord | undefined {
  return idProperty === undefined
    ? type.records.find(id)
    : type.records.holder(idProperty, canonicalId(type, idProperty, id))
}

/** The same in the archive, where no property is unique. */
export function findArchived(
  type: ObjectType,
  idProperty: string | undefined,
  id: string,
): HubSpotRecord | undefined {
  if (idProperty === undefined) return type.records.archived.get(id)
  const value = canonicalId(type, idProperty, id)
  return [...type.records.archived.values()].find(({ properties }) => properties[idProperty] === value)
}

/**
 * As seen on the live API. The category is that of
 * https://developers.hubspot.com/docs/api-reference/latest/error-handling (multi-status errors).
 */
export function absentRecord(type: ObjectType): InputError {
  return {
    status: 404,
    category: 'OBJECT_NOT_FOUND',
    message: `Could not get some ${type.spelling} objects, they may be deleted or not exist. Check that ids are valid.`,
  }
}

/**
 * Addresses identify records only in lower case: HubSpot stores them so
 * (https://knowledge.hubspot.com/records/add-multiple-email-addresses-to-a-contact).
 */
export function canonicalId(type: ObjectType, idProperty: string | undefined, id: string): string {
  return type.id === '0-1' && idProperty === 'email' ? id.toLowerCase() : id
}

/**
 * That all inputs of a batch use the same property is our interpretation of the examples of
 * https://developers.hubspot.com/docs/guides/crm/using-object-apis#upsert-records.
 */
export function commonIdProperty(inputs: readonly IdInput[]): string | undefined {
  const names = new Set(inputs.map((input) => input.idProperty))
  if (names.size > 1) throw validationError('All inputs of a batch must have the same idProperty')
  return inputs[0]?.idProperty
}

/** As seen on the live API, also for `hs_object_id`: https://github.com/segmentio/action-destinations/pull/3957. */
export function requireUnique(portal: Portal, type: ObjectType, idProperty: string): void {
  if (type.properties.get(idProperty)?.hasUniqueValue === true) return
  throw validationError(
    `Unable to perform update/upsert by non-unique ${type.id} property ${idProperty} in portal ID ${portal.id}`,
  )
}

/** As seen on the live API, with trace ids and without: https://github.com/segmentio/action-destinations/pull/2924. */
export function refuseDuplicates(inputs: readonly { id: string }[]): void {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { id } of inputs) (seen.has(id) ? twice : seen).add(id)
  if (twice.size === 0) return
  throw validationError(
    `Duplicate IDs found in batch input: [${[...twice].join(', ')}]. IDs must be unique`,
    { context: { ids: [...twice] } },
  )
}

/**
 * "Partial upserts are not supported when using `email` as the `idProperty` for contacts"
 * (https://developers.hubspot.com/docs/guides/crm/using-object-apis#upsert-records). What the live API does
 * then is undocumented, so the fake refuses it: a client that omits a value of the contact cannot rely on
 * anything.
 */
export function refusePartial(
  type: ObjectType,
  inputs: readonly IdInput[],
  requests: Requests,
  request: FastifyRequest,
): void {
  const partial = inputs.find((input) => {
    const record = type.records.holder('email', input.id)
    return record !== undefined && Object.keys(record.properties).some((name) => !(name in input.properties))
  })
  if (partial === undefined) return
  requests.note(request, 'a partial upsert by email')
  throw validationError('Partial upserts are not supported when using email as the idProperty')
}
