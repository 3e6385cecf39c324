import { alreadyExists, validationError } from '../errors.ts'
import { findType, resolveType, type CustomDefinition, type Labels, type ObjectType } from './object-type.ts'
import { nextId, type Portal } from '../portal.ts'
import { addProperty, type PropertyInput } from './property-rules.ts'
import { createRecordStore } from '../records/record-store.ts'
import { systemProperties } from './standard-types.ts'

/** `ObjectSchemaEgg` of CRM/Schemas/Rollouts/145900/2026-09/schemas.json. */
export interface SchemaInput {
  name: string
  labels: Partial<Labels>
  description?: string
  allowsSensitiveProperties: boolean
  associatedObjects: string[]
  properties: (Omit<PropertyInput, 'groupName'> & { groupName?: string })[]
  primaryDisplayProperty?: string
  requiredProperties: string[]
  searchableProperties: string[]
  secondaryDisplayProperties: string[]
}

export type Roles = Pick<
  CustomDefinition,
  'primaryDisplayProperty' | 'requiredProperties' | 'searchableProperties' | 'secondaryDisplayProperties'
>

/**
 * The most definitions of custom objects in an Enterprise account:
 * https://legal.hubspot.com/hubspot-product-and-services-catalog.
 */
export const maxCustomTypes = 10

/**
 * A custom object with its properties and unlabelled associations, as in
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/schemas/guide; the example there
 * contains its group `<name>_information`.
 *
 * @throws 400 or 409; the words are ours
 */
export function addCustomType(portal: Portal, input: SchemaInput): ObjectType {
  checkSchema(portal, input)
  const associated = input.associatedObjects.map((name) => resolveType(portal.types, name))
  const nowMs = portal.now()
  const group = `${input.name}_information`
  const fullyQualifiedName = `p${portal.id}_${input.name}`
  const { singular = '', plural = '' } = input.labels
  const created = systemProperties(group, 'hs_createdate', 'hs_lastmodifieddate')
  const type: ObjectType = {
    id: `2-${nextId(portal)}`,
    spelling: fullyQualifiedName.toUpperCase(),
    names: [fullyQualifiedName.toLowerCase()],
    labels: { singular, plural },
    scope: 'custom',
    groups: new Map([[group, { name: group, label: `${singular} information`, displayOrder: -1 }]]),
    properties: new Map(created.map((property) => [property.name, property])),
    deletedProperties: new Map(),
    required: [],
    defaultProperties: [],
    createdProperty: 'hs_createdate',
    updatedProperty: 'hs_lastmodifieddate',
    records: createRecordStore([]),
    isActivated: undefined,
    pipelines: null,
    custom: {
      name: input.name,
      fullyQualifiedName,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      ...(input.description !== undefined && { description: input.description }),
      allowsSensitiveProperties: input.allowsSensitiveProperties,
      requiredProperties: [],
      searchableProperties: [],
      secondaryDisplayProperties: [],
    },
  }
  for (const property of input.properties) addProperty(type, { groupName: group, ...property }, nowMs)
  setRoles(type, input)
  portal.types.push(type)
  for (const other of associated) {
    portal.associations.define(type, other, `${input.name}_to_${other.labels.singular.toLowerCase()}`, [
      null,
      null,
    ])
  }
  return type
}

/** Sets which properties are required, searched and shown: all of them must exist. */
export function setRoles(type: ObjectType, roles: Partial<Roles>): void {
  const { custom } = type
  if (custom === null) return
  const next = { ...custom, ...pick(roles) }
  const named = [
    ...next.requiredProperties,
    ...next.searchableProperties,
    ...next.secondaryDisplayProperties,
    ...(next.primaryDisplayProperty === undefined ? [] : [next.primaryDisplayProperty]),
  ]
  const unknown = named.filter((name) => !type.properties.has(name))
  if (unknown.length > 0) {
    throw validationError(`The following properties do not exist: [${[...new Set(unknown)].join(', ')}]`)
  }
  type.custom = next
  type.required = next.requiredProperties.map((name) => [name])
  type.defaultProperties = next.requiredProperties
}

function pick(roles: Partial<Roles>): Partial<Roles> {
  const { primaryDisplayProperty, requiredProperties, searchableProperties, secondaryDisplayProperties } =
    roles
  return {
    ...(primaryDisplayProperty !== undefined && { primaryDisplayProperty }),
    ...(requiredProperties !== undefined && { requiredProperties }),
    ...(searchableProperties !== undefined && { searchableProperties }),
    ...(secondaryDisplayProperties !== undefined && { secondaryDisplayProperties }),
  }
}

/**
 * Names and labels: https://developers.hubspot.com/docs/api-reference/latest/crm/objects/schemas/guide (create a custom
 * object). The words are ours.
 */
function checkSchema(portal: Portal, { name, labels, primaryDisplayProperty }: SchemaInput): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    throw validationError(
      `Object name ${name} can only contain letters, numbers, and underscores, and the first character must be a letter`,
    )
  }
  if (!labels.singular?.trim() || !labels.plural?.trim()) {
    throw validationError('A custom object needs a singular and a plural label')
  }
  if (primaryDisplayProperty === undefined) {
    throw validationError('A custom object needs a primaryDisplayProperty')
  }
  // A deleted one keeps its name until it is deleted permanently:
  // https://developers.hubspot.com/docs/api-reference/latest/crm/objects/schemas/guide#delete-a-custom-object.
  if (findType([...portal.types, ...portal.deletedTypes], `p${portal.id}_${name}`)) {
    throw alreadyExists(`An object type named '${name}' already exists.`, 'ObjectTypes.NAME_EXISTS')
  }
  if (portal.types.filter((type) => type.custom !== null).length >= maxCustomTypes) {
    throw validationError(`The account has ${maxCustomTypes} custom objects, which is its limit`)
  }
}
