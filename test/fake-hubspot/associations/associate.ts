import type { AssociationType } from './association-store.ts'
import type { InputError } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import type { HubSpotRecord } from '../records/record-store.ts'

export interface AssociationSpec {
  associationCategory: string
  associationTypeId: number
}

/** `PublicAssociationsForObject` of CRM/Objects/Rollouts/424/2026-09/objects.json. */
export interface AssociationInput {
  to: { id: string }
  types: AssociationSpec[]
}

export function findAssociationType(
  portal: Portal,
  from: ObjectType,
  spec: AssociationSpec,
): AssociationType | undefined {
  return portal.associations.types.find(
    (type) =>
      type.fromTypeId === from.id &&
      type.typeId === spec.associationTypeId &&
      type.category === spec.associationCategory,
  )
}

/** Null if a new record may have these associations; the message is one of the live API. */
export function checkAssociations(
  portal: Portal,
  from: ObjectType,
  associations: readonly AssociationInput[],
): InputError | null {
  const isGood = associations.every(({ to, types }) =>
    types.every((spec) => {
      const type = findAssociationType(portal, from, spec)
      const other = portal.types.find((one) => one.id === type?.toTypeId)
      return other?.records.records.has(to.id) === true
    }),
  )
  if (isGood) return null
  return { status: 400, category: 'VALIDATION_ERROR', message: 'one or more associations are not valid' }
}

/** @param associations already checked */
export function tieRecord(
  portal: Portal,
  from: ObjectType,
  record: HubSpotRecord,
  associations: readonly AssociationInput[],
): void {
  for (const { to, types } of associations) {
    for (const spec of types) {
      const type = findAssociationType(portal, from, spec)
      if (type) portal.associations.add(type, record.id, to.id)
    }
  }
}
