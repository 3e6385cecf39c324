import { validationError, type HubSpotError } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'

/** A failed input of a batch of associations; categories and messages as seen on the live API. */
export interface ItemError {
  status: 'error'
  category: string
  subCategory: string
  message: string
  context: Record<string, string[]>
}

export interface EndIds {
  from: { id: string }
  to: { id: string }
}

export function missingEnd({ from, to }: EndIds, fromType: ObjectType, toType: ObjectType): ItemError | null {
  if (!fromType.records.records.has(from.id)) return missingObject('FROM', fromType, from.id)
  return toType.records.records.has(to.id) ? null : missingObject('TO', toType, to.id)
}

function missingObject(end: 'FROM' | 'TO', type: ObjectType, id: string): ItemError {
  const objectType = type.spelling.toLowerCase()
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: `crm.associations.${end}_OBJECT_NOT_FOUND`,
    message: `No ${objectType} with ID ${id} exists`,
    context: { objectType: [objectType], id: [id] },
  }
}

export function noTies(id: string, from: ObjectType, to: ObjectType): ItemError {
  const [fromType, toType] = [from.spelling.toLowerCase(), to.spelling.toLowerCase()]
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${toType} is associated with ${fromType} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [fromType], toObjectType: [toType] },
  }
}

/**
 * "Any limits set on the number of records with an association configuration will be validated"
 * (https://developers.hubspot.com/changelog/associations-api-enables-admins-to-configure-association-limits); the words are ours.
 */
export function tooMany({ from }: EndIds, fromType: ObjectType, toType: ObjectType, most: number): ItemError {
  const [fromName, toName] = [fromType.spelling.toLowerCase(), toType.spelling.toLowerCase()]
  return {
    status: 'error',
    category: 'VALIDATION_ERROR',
    subCategory: 'crm.associations.ASSOCIATION_LIMIT_EXCEEDED',
    message: `The ${fromName} ${from.id} has ${most} associated ${toName} records, which is the limit`,
    context: { fromObjectId: [from.id], toObjectType: [toName] },
  }
}

export function noSuchType(name: string, from: ObjectType, to: ObjectType): HubSpotError {
  return validationError(
    `${name} is not a valid association type between ${from.spelling} and ${to.spelling}`,
    {
      subCategory: 'crm.associations.INVALID_ASSOCIATION_TYPE',
      context: { type: [name], fromObjectType: [from.spelling], toObjectType: [to.spelling] },
    },
  )
}

/**
 * The vendor accepts no pair twice in a batch (https://github.com/segmentio/action-destinations/pull/3336); the
 * words are ours.
 */
export function refuseTwice(pairs: readonly EndIds[]): void {
  const keys = new Set(pairs.map(({ from, to }) => `${from.id} ${to.id}`))
  if (keys.size < pairs.length) throw validationError('Duplicate associations found in batch input')
}
