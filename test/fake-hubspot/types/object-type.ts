import { validationError } from '../errors.ts'
import type { Property, PropertyOption } from './property.ts'
import type { RecordStore } from '../records/record-store.ts'

export interface PropertyGroup {
  name: string
  label: string
  displayOrder: number
}

export interface Labels {
  singular: string
  plural: string
}

/** The part of a custom object's schema that a standard object does not have. */
export interface CustomDefinition {
  name: string
  fullyQualifiedName: string
  description?: string
  requiredProperties: string[]
  searchableProperties: string[]
  secondaryDisplayProperties: string[]
  primaryDisplayProperty?: string
  allowsSensitiveProperties: boolean
  createdAtMs: number
  updatedAtMs: number
}

/** The pipelines of an object, with the properties that hold a record's place in them. */
export interface Pipelines {
  property: string
  stageProperty: string
  /** In the order in which users see them. */
  list: { id: string; label: string; stages: PropertyOption[] }[]
}

export interface ObjectType {
  /** `0-1` for HubSpot's own, `2-…` for custom ones. */
  id: string
  /** The name in upper case in messages: `Could not get some CONTACT objects`. */
  spelling: string
  /** What paths may contain instead of the id. */
  names: string[]
  labels: Labels
  /** The middle of its scopes: `crm.objects.contacts.read`. */
  scope: string
  groups: Map<string, PropertyGroup>
  properties: Map<string, Property>
  /**
   * Archived properties, which can be restored for 90 days
   * (https://knowledge.hubspot.com/properties/delete-or-restore-properties).
   */
  deletedProperties: Map<string, Property>
  /** Lists, of each of which at least one property needs a value before a record can be created. */
  required: string[][]
  /** Returned if the request names no properties. */
  defaultProperties: string[]
  createdProperty: string
  updatedProperty: string
  records: RecordStore
  /** False until a super admin activates it; undefined for objects that need no activation. */
  isActivated: boolean | undefined
  pipelines: Pipelines | null
  custom: CustomDefinition | null
}

/**
 * @param spoken a name, a fully qualified name or an id. Custom objects are identified only by the latter two:
 *   "the object type ID or fully qualified name"
 *   (https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/schemas/get-schema).
 * @throws 400 without a category, like the live API for an unknown one
 */
export function resolveType(types: readonly ObjectType[], spoken: string): ObjectType {
  const found = findType(types, spoken)
  if (found) return found
  throw unknownType(spoken)
}

export function findType(types: readonly ObjectType[], spoken: string): ObjectType | undefined {
  const name = spoken.toLowerCase()
  return types.find((type) => type.id === spoken || type.names.includes(name))
}

function unknownType(spoken: string) {
  const error = validationError(`Unable to infer object type from: ${spoken}`)
  delete error.body['category']
  return error
}
