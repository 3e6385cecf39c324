import { alreadyExists, validationError, type HubSpotError } from '../errors.ts'
import type { ObjectType } from './object-type.ts'
import type { Property, PropertyOption } from './property.ts'

export interface PropertyInput {
  name: string
  label: string
  type: string
  fieldType: string
  groupName: string
  description?: string
  options?: PropertyOption[]
  displayOrder?: number
  hasUniqueValue?: boolean
  hidden?: boolean
  formField?: boolean
}

/** "You can have up to ten unique ID properties per object" (https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide). */
const maxUnique = 10

/** The table of the same page, and `phone_number`, which only the published model has. */
const fieldTypesOf: Record<string, string[]> = {
  bool: ['booleancheckbox', 'calculation_equation'],
  enumeration: ['booleancheckbox', 'checkbox', 'radio', 'select', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  string: ['file', 'text', 'textarea', 'calculation_equation', 'html', 'phonenumber'],
  number: ['number', 'calculation_equation'],
  phone_number: ['phonenumber', 'text'],
}

/**
 * Adds a property by the vendor's rules.
 *
 * @throws 400 or 409; the 409 and INVALID_BOOLEAN_OPTION are as seen on the live API, the words of others are ours
 */
export function addProperty(type: ObjectType, input: PropertyInput, nowMs: number): Property {
  checkDefinition(type, input)
  const property: Property = {
    name: input.name,
    label: input.label,
    type: input.type,
    fieldType: input.fieldType,
    groupName: input.groupName,
    description: input.description ?? '',
    options: input.options ?? [],
    displayOrder: input.displayOrder ?? -1,
    hasUniqueValue: input.hasUniqueValue ?? false,
    hidden: input.hidden ?? false,
    formField: input.formField ?? false,
    hubspotDefined: false,
    readOnlyValue: input.fieldType === 'calculation_equation',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  }
  type.properties.set(property.name, property)
  if (property.hasUniqueValue) type.records.indexProperty(property.name)
  return property
}

/** Changes a property: all of `PropertyUpdate`; `hasUniqueValue` is ignored, as seen on the live API. */
export function changeProperty(
  type: ObjectType,
  property: Property,
  change: Partial<PropertyInput>,
  nowMs: number,
) {
  const { name, hasUniqueValue } = property
  if (property.hubspotDefined) {
    throw invalid(`The definition of ${name} is read only`, 'PropertyValidationError.PROPERTY_IS_READ_ONLY')
  }
  const changed = { ...property, ...change, name, hasUniqueValue, updatedAtMs: nowMs }
  checkParts(type, changed)
  type.properties.set(name, changed)
  return changed
}

function checkDefinition(type: ObjectType, input: PropertyInput): void {
  const { name } = input
  if (type.properties.has(name)) {
    throw alreadyExists(`A property named '${name}' already exists.`, 'Properties.PROPERTY_WITH_NAME_EXISTS')
  }
  if (type.deletedProperties.has(name)) {
    throw alreadyExists(
      `A deleted property named '${name}' exists. Restore it, or delete it for good.`,
      'Properties.PROPERTY_WITH_NAME_EXISTS',
    )
  }
  // https://knowledge.hubspot.com/properties/create-and-edit-properties: lower case, no blanks, a letter first.
  if (!/^[a-z][a-z0-9_]{0,99}$/.test(name)) {
    throw invalid(
      `Property name ${name} must start with a letter and have only lower case letters, digits and underscores`,
      'PropertyValidationError.INVALID_NAME',
    )
  }
  // HubSpot's own names begin with it; the error is our assumption.
  if (name.startsWith('hs_')) {
    throw invalid(`Property name ${name} is reserved for HubSpot`, 'PropertyValidationError.RESERVED_NAME')
  }
  checkParts(type, input)
  if (input.hasUniqueValue === true) checkUnique(type, input)
}

/** Required parts: PropertyCreate of CRM/Properties/Rollouts/145899/2026-09/properties.json. The words are ours. */
function checkParts(type: ObjectType, input: PropertyInput): void {
  if (input.label.trim() === '') {
    throw invalid('A property needs a label', 'PropertyValidationError.LABEL_REQUIRED')
  }
  if (!type.groups.has(input.groupName)) {
    throw invalid(
      `Property group '${input.groupName}' does not exist`,
      'PropertyValidationError.GROUP_DOES_NOT_EXIST',
    )
  }
  if (!fieldTypesOf[input.type]?.includes(input.fieldType)) {
    throw invalid(
      `Field type ${input.fieldType} is not valid for property type ${input.type}`,
      'PropertyValidationError.INVALID_FIELD_TYPE',
    )
  }
  checkOptions(input)
}

/**
 * Which types have options, and that "bool" has true and false: the table and examples of
 * https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide. The words but INVALID_BOOLEAN_OPTION are ours.
 */
function checkOptions({ type, name, options = [] }: PropertyInput): void {
  const values = options.map((option) => option.value)
  if (type === 'bool' && [...values].sort().join() !== 'false,true') {
    throw invalid(`Boolean property ${name} needs the options true and false`, 'INVALID_BOOLEAN_OPTION')
  }
  if (type === 'enumeration' && values.length === 0) {
    throw invalid(
      `Property ${name} of type enumeration needs options`,
      'PropertyValidationError.OPTIONS_REQUIRED',
    )
  }
  const labels = options.map((option) => option.label)
  if (new Set(values).size < values.length || new Set(labels).size < labels.length) {
    throw invalid(`Property ${name} has an option twice`, 'PropertyValidationError.DUPLICATE_OPTION')
  }
  if (options.length > 0 && type !== 'bool' && type !== 'enumeration') {
    throw invalid(
      `Property ${name} of type ${type} has no options`,
      'PropertyValidationError.OPTIONS_NOT_ALLOWED',
    )
  }
}

/** Of the same page (unique identifier properties); that only texts and numbers can be unique is our assumption. */
function checkUnique(type: ObjectType, input: PropertyInput): void {
  if (!['string', 'number'].includes(input.type)) {
    throw invalid(
      `Property ${input.name} of type ${input.type} can not have unique values`,
      'PropertyValidationError.TYPE_CANNOT_BE_UNIQUE',
    )
  }
  const unique = [...type.properties.values()].filter((one) => one.hasUniqueValue && !one.hubspotDefined)
  if (unique.length >= maxUnique) {
    throw invalid(
      `${type.spelling} has ${maxUnique} properties with unique values, which is the limit`,
      'PropertyValidationError.UNIQUE_PROPERTY_LIMIT',
    )
  }
}

function invalid(message: string, subCategory: string): HubSpotError {
  return validationError(message, { subCategory })
}
