import { checkValue } from '../types/property-values.ts'
import type { InputError, ValueProblem } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import type { HubSpotRecord } from './record-store.ts'

/** One record that is to be written, once all of its batch have been looked at. */
export interface Write {
  /** Null where it is to be created. */
  record: HubSpotRecord | null
  values: Record<string, string>
}

/** What of a unique property the inputs before in the same batch have taken. */
export type Claims = Map<string, HubSpotRecord | 'new'>

/**
 * Looks at what one input wants to write: that each property is there and can be written, each value is of its type,
 * all that a new record needs is given, and no other record holds the value of a unique property.
 */
export function checkWrite(
  type: ObjectType,
  record: HubSpotRecord | null,
  properties: Record<string, string>,
  claims: Claims,
  portalId: number,
): Write | InputError {
  const problems: ValueProblem[] = []
  const values: Record<string, string> = {}
  for (const [name, given] of Object.entries(properties)) {
    const property = type.properties.get(name)
    const checked =
      property === undefined
        ? { name, error: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }
        : checkValue(property, given, record?.properties[name])
    if (typeof checked === 'string') values[name] = checked
    else problems.push(checked)
  }
  if (problems.length > 0) {
    return {
      status: 400,
      category: 'VALIDATION_ERROR',
      message: 'Property values were not valid',
      values: problems,
    }
  }
  if (record === null) {
    const missing = type.required.filter((any) => !any.some((name) => (values[name] ?? '') !== ''))
    if (missing.length > 0) return missingProperties(type, missing.flat())
  }
  return claim(type, record, values, claims, portalId) ?? { record, values }
}

export function isInputError(checked: Write | InputError): checked is InputError {
  return 'category' in checked
}

/** As the live API says it for a ticket without a stage. */
function missingProperties(type: ObjectType, properties: string[]): InputError {
  return {
    status: 400,
    category: 'VALIDATION_ERROR',
    message: `Error creating ${type.spelling}. Some required properties were not set.`,
    context: { properties },
  }
}

function claim(
  type: ObjectType,
  record: HubSpotRecord | null,
  values: Record<string, string>,
  claims: Claims,
  portalId: number,
): InputError | null {
  for (const [name, value] of Object.entries(values)) {
    if (value === '' || type.properties.get(name)?.hasUniqueValue !== true) continue
    const key = `${name}\n${value}`
    const holder = claims.get(key) ?? type.records.holder(name, value)
    if (holder !== undefined && (holder === 'new' || holder !== record)) {
      return taken(type, record, name, value, holder === 'new' ? 'another input' : holder.id, portalId)
    }
    claims.set(key, record ?? 'new')
  }
  return null
}

/**
 * Both as seen on the live API: 409 where a contact is created, "… already has that value" in a 400 elsewhere. That the
 * latter goes for new records of other objects too is our reading.
 */
function taken(
  type: ObjectType,
  record: HubSpotRecord | null,
  name: string,
  value: string,
  holderId: string,
  portalId: number,
): InputError {
  if (type.id === '0-1' && record === null) {
    return {
      status: 409,
      category: 'CONFLICT',
      message: `Contact already exists. Existing ID: ${holderId}`,
      context: { existingId: [holderId] },
    }
  }
  return {
    status: 400,
    category: 'VALIDATION_ERROR',
    message: `Cannot set PropertyValueCoordinates{portalId=${portalId}, objectTypeId=ObjectTypeId{${type.id}}, propertyName=${name}, value=${value}} on ${record?.id ?? 'a new record'}. ${holderId} already has that value.`,
  }
}
