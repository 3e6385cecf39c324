import { checkValue } from '../types/property-values.ts'
import type { InputError, ValueProblem } from '../errors.ts'
import type { ObjectType } from '../types/object-type.ts'
import type { HubSpotRecord } from './record-store.ts'

/** A record to be written, once all inputs of its batch are checked. */
export interface Write {
  /** Null if it is to be created. */
  record: HubSpotRecord | null
  values: Record<string, string>
}

/** The values of a unique property that earlier inputs of the same batch have taken. */
export type Claims = Map<string, HubSpotRecord | 'new'>

/**
 * Checks what one input wants to write: each property exists and is writable, each value has its type, all
 * required values of a new record are given, and no other record has the value of a unique property.
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
  const misplaced = misplacedStage(type, record, values)
  if (misplaced !== null) return misplaced
  return claim(type, record, values, claims, portalId) ?? { record, values }
}

/**
 * "Each object stage is a member of exactly one pipeline", and for "a stage that is not in the default pipeline, you'll also
 * need to set the pipeline property" (https://developers.hubspot.com/docs/methods/pipelines/pipelines_overview). The default
 * one is the one that the account began with. The words of the error are ours.
 */
function misplacedStage(
  { pipelines }: ObjectType,
  record: HubSpotRecord | null,
  values: Record<string, string>,
): InputError | null {
  if (pipelines === null) return null
  const { property, stageProperty, list } = pipelines
  const stage = values[stageProperty]
  if (stage === undefined) return null
  const id = values[property] ?? record?.properties[property] ?? list.at(-1)?.id
  if (list.find((each) => each.id === id)?.stages.some(({ value }) => value === stage)) return null
  return {
    status: 400,
    category: 'VALIDATION_ERROR',
    message: `${stage} is no stage of the pipeline ${id ?? ''}`,
  }
}

export function isInputError(checked: Write | InputError): checked is InputError {
  return 'category' in checked
}

/** The live API's message for a ticket without a stage. */
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
 * Both as seen on the live API: 409 if a contact is created, "… already has that value" in a 400 elsewhere.
 * That the latter applies to new records of other objects too is our assumption.
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
