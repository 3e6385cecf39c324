import type {
  BatchInputPropertyCreate,
  PropertyGroupCreate,
  PropertyUpdate,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import type { Ask } from '../http/client.ts'
import { forbidden, unavailable } from '../http/hubspot-error.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import { asSent, type Plain } from '../http/told.ts'
import type { TargetObject } from './prepared.ts'
import type { Language } from '../settings.ts'
import {
  mergeOptions,
  propertyGroup,
  propertyGroupName,
  toOptions,
  type PropertyDefinition,
  type PropertyOption,
} from './properties.ts'

/** A property that an object has, as far as HubSpot tells. */
export interface KnownProperty {
  name: string
  label: string
  description: string
  type: string
  groupName: string
  hasUniqueValue: boolean
  options: readonly PropertyOption[]
  /** Somebody changed it in HubSpot; HubSpot leaves it out for what an integration did. */
  isChangedByHand: boolean
  /** Not made by the account itself. */
  isHubSpots: boolean
}

/** The most that HubSpot takes in one call. */
const propertiesPerCall = 100

export async function readProperties(
  ask: Ask,
  { typeId }: TargetObject,
): Promise<Map<string, KnownProperty>> {
  const answer = await throughClient(ask, ({ properties }) => properties.getAllWithHttpInfo(typeId))
  const known = new Map<string, KnownProperty>()
  for (const told of given(answer, 'results')) {
    if (typeof told?.name !== 'string' || typeof told.type !== 'string') throw answer.unreadable('results')
    const {
      name,
      type,
      label,
      description,
      groupName,
      hasUniqueValue,
      options,
      updatedUserId,
      hubspotDefined,
    } = told
    known.set(name, {
      name,
      type,
      label: label ?? '',
      description: description ?? '',
      groupName: groupName ?? '',
      hasUniqueValue: hasUniqueValue ?? false,
      options: toOptions(options),
      isChangedByHand: Boolean(updatedUserId),
      isHubSpots: hubspotDefined ?? false,
    })
  }
  return known
}

export interface PropertyPlan {
  name: string
  object: TargetObject
  known: ReadonlyMap<string, KnownProperty>
  definitions: readonly PropertyDefinition[]
  language: Language
  dryRun: boolean
}

export interface PreparedProperties {
  /** What was done or, with `dryRun`, would be. */
  changes: string[]
  /** Options of those that have any, by the property's name. */
  options: ReadonlyMap<string, readonly PropertyOption[]>
}

/**
 * Makes the group and the properties that are missing, and brings labels, descriptions and options up to date where nobody
 * has changed them in HubSpot. What was a text in an earlier version becomes a property with options; where HubSpot does not
 * allow that, it stays a text.
 */
export async function prepareProperties(ask: Ask, plan: PropertyPlan): Promise<PreparedProperties> {
  const { object, known, definitions, language, dryRun } = plan
  const missing = definitions.filter(({ name }) => !known.has(name))
  const stale = definitions.filter((definition) => isStale(definition, known.get(definition.name)))
  for (const definition of definitions) refuseOther(definition, plan)

  const { typeId } = object
  const groups = await throughClient(ask, ({ propertyGroups }) => propertyGroups.getAllWithHttpInfo(typeId))
  const hasGroup = given(groups, 'results').some((group) => group?.name === propertyGroupName)
  const changes = [
    ...(hasGroup ? [] : [`create property group ${propertyGroupName} on ${object.name}`]),
    ...missing.map(({ name }) => `create property ${name} on ${object.name}`),
    ...stale.map(({ name }) => `update property ${name} on ${object.name}`),
  ]
  const options = new Map<string, readonly PropertyOption[]>()
  for (const { name, options: first = [] } of definitions) {
    const found = known.get(name)
    if (found === undefined ? first.length > 0 : found.type === 'enumeration') {
      options.set(name, found?.options ?? first)
    }
  }
  if (dryRun) return { changes, options }

  // 409: another worker was faster.
  if (!hasGroup) {
    const group = asSent<PropertyGroupCreate>({ ...propertyGroup(language), displayOrder: -1 })
    await throughClient(ask, ({ propertyGroups }) => propertyGroups.createWithHttpInfo(typeId, group), {
      judged: [409],
      readAs: 201,
    })
  }
  for (let start = 0; start < missing.length; start += propertiesPerCall) {
    const inputs = missing.slice(start, start + propertiesPerCall).map(creation)
    const batch = asSent<BatchInputPropertyCreate>({ inputs })
    await throughClient(ask, ({ propertyBatches }) => propertyBatches.createWithHttpInfo(typeId, batch), {
      judged: [409],
      readAs: 201,
    })
  }
  for (const definition of stale) {
    const updated = await update(ask, object, definition, known.get(definition.name))
    if (definition.type === 'enumeration' && updated !== null) options.set(definition.name, updated)
  }
  if (missing.length > 0) await confirmMade(ask, plan, missing)
  return { changes, options }
}

/** @returns its options; null where it stays a text */
async function update(
  ask: Ask,
  { typeId }: TargetObject,
  { name, label, description, type, fieldType, options: wanted }: PropertyDefinition,
  found: KnownProperty | undefined,
): Promise<PropertyOption[] | null> {
  const options = mergeOptions(found?.options ?? [], wanted ?? [])
  const words = { label, description, groupName: propertyGroupName, ...(wanted && { options }) }
  const isText = found?.type === 'string' && type === 'enumeration'
  const send = (body: Plain<PropertyUpdate>, judged: readonly number[]) =>
    throughClient(
      ask,
      ({ properties }) => properties.updateWithHttpInfo(typeId, name, asSent<PropertyUpdate>(body)),
      { judged },
    )
  if (!isText) {
    await send(words, [])
    return options
  }
  const { status } = await send({ ...words, type, fieldType }, [400])
  return status < 300 ? options : null
}

function creation(definition: PropertyDefinition) {
  return { ...definition, groupName: propertyGroupName, displayOrder: -1, hidden: false, formField: false }
}

function isStale(wanted: PropertyDefinition, known: KnownProperty | undefined): boolean {
  if (known === undefined || known.isChangedByHand) return false
  const { label, description, options = [] } = wanted
  return (
    known.label !== label ||
    known.description !== description ||
    known.groupName !== propertyGroupName ||
    known.type !== wanted.type ||
    options.some(
      ({ value, label }) => !known.options.some((each) => each.value === value && each.label === label),
    )
  )
}

/**
 * What is wrong with a property of our name that somebody made for something else: its type, or that its values are unique, is for
 * good. Undefined where nothing is.
 */
export function conflictOf(wanted: PropertyDefinition, found: KnownProperty | undefined): string | undefined {
  if (found === undefined) return undefined
  const isEarlier = found.type === 'string' && wanted.type === 'enumeration'
  if (found.type !== wanted.type && !isEarlier) {
    return `is of the type ${found.type}, where ${wanted.type} is needed`
  }
  return wanted.hasUniqueValue && !found.hasUniqueValue ? 'does not require unique values' : undefined
}

function refuseOther(wanted: PropertyDefinition, { name, object, known }: PropertyPlan): void {
  const lack = conflictOf(wanted, known.get(wanted.name))
  if (lack === undefined) return
  const what = `the property ${wanted.name} of ${object.name} in HubSpot ${lack}.`
  const advice = 'Delete it in HubSpot for good: qrsync then creates it again.'
  throw forbidden(name, what, advice)
}

/** A batch can also be made in part, or have been made by another worker at the same time. */
async function confirmMade(ask: Ask, { name, object }: PropertyPlan, wanted: readonly PropertyDefinition[]) {
  const made = await readProperties(ask, object)
  const lacking = wanted.filter((each) => !made.has(each.name)).map((each) => each.name)
  if (lacking.length === 0) return
  const what = `HubSpot did not create ${lacking.join(', ')} on ${object.name}.`
  const advice =
    "Restore the properties from HubSpot's archive, if they are there; qrsync retries automatically."
  throw unavailable(name, what, advice)
}
