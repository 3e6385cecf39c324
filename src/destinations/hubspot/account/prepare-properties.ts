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
import { usualPrefix } from '../mapping/settings.ts'
import type { Language } from '../settings.ts'
import {
  mergeOptions,
  propertyGroup,
  propertyGroupName,
  toOptions,
  type PropertyDefinition,
  type PropertyOption,
} from './properties.ts'

/** A property of an object, as far as HubSpot describes it. */
export interface KnownProperty {
  name: string
  label: string
  description: string
  type: string
  groupName: string
  hasUniqueValue: boolean
  options: readonly PropertyOption[]
  /** Whether somebody changed it in HubSpot. HubSpot omits this for changes by an integration. */
  isChangedByHand: boolean
  /** Whether HubSpot, and not the account, created it. */
  isHubSpots: boolean
}

/** The most properties that HubSpot accepts in one call. */
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
  /** The options of properties that have any, by the property's name. */
  options: ReadonlyMap<string, readonly PropertyOption[]>
}

/**
 * Creates the missing group and properties, and updates labels, descriptions and options unless somebody has
 * changed them in HubSpot. A text property of an earlier version becomes one with options. If HubSpot does not
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

  // 409: another worker created it first.
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

/** @returns its options; null if it stays a text */
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

export interface Conflict {
  /** Continues a sentence about the property. */
  lack: string
  advice: string
}

const deleteIt = 'Delete it in HubSpot for good: qrsync then creates it again.'
const nameAnother =
  'Give qrsync another name for it under "names" in the config file. If the property is to be qrsync\'s, move it to the group of QR codes in HubSpot.'

/**
 * Describes a permanent conflict with a property that has the name of one of ours but was created for something
 * else: by somebody else, with another type, or without unique values. Undefined if there is none.
 */
export function conflictOf(
  wanted: PropertyDefinition,
  found: KnownProperty | undefined,
): Conflict | undefined {
  if (found === undefined) return undefined
  const isUsual = wanted.name.startsWith(usualPrefix)
  if (!isUsual && (found.isHubSpots || found.groupName !== propertyGroupName)) {
    return { lack: 'belongs to somebody else, and qrsync does not write to it', advice: nameAnother }
  }
  const lack = otherKind(wanted, found)
  return lack === undefined ? undefined : { lack, advice: isUsual ? deleteIt : nameAnother }
}

function otherKind(wanted: PropertyDefinition, found: KnownProperty): string | undefined {
  const isEarlier = found.type === 'string' && wanted.type === 'enumeration'
  if (found.type !== wanted.type && !isEarlier) {
    return `is of the type ${found.type}, where ${wanted.type} is needed`
  }
  return wanted.hasUniqueValue && !found.hasUniqueValue ? 'does not require unique values' : undefined
}

function refuseOther(wanted: PropertyDefinition, { name, object, known }: PropertyPlan): void {
  const conflict = conflictOf(wanted, known.get(wanted.name))
  if (conflict === undefined) return
  const what = `the property ${wanted.name} of ${object.name} in HubSpot ${conflict.lack}.`
  throw forbidden(name, what, conflict.advice)
}

/**
 * Describes properties that earlier settings may have created, and that these do not name. qrsync neither
 * writes, clears nor deletes them.
 */
export function leftovers(
  { name: object }: TargetObject,
  known: ReadonlyMap<string, KnownProperty>,
  definitions: readonly PropertyDefinition[],
): string[] {
  const wanted = new Set(definitions.map(({ name }) => name))
  return [...known.values()]
    .filter(({ name, groupName }) => name.startsWith(usualPrefix) || groupName === propertyGroupName)
    .filter(({ name }) => !wanted.has(name))
    .map(({ name }) => `leave property ${name} on ${object}: its values stay as they are, and age`)
}

/** HubSpot may have created only a part of a batch, or another worker may have created them at the same time. */
async function confirmMade(ask: Ask, { name, object }: PropertyPlan, wanted: readonly PropertyDefinition[]) {
  const made = await readProperties(ask, object)
  const lacking = wanted.filter((each) => !made.has(each.name)).map((each) => each.name)
  if (lacking.length === 0) return
  const what = `HubSpot did not create ${lacking.join(', ')} on ${object.name}.`
  const advice =
    "Restore the properties from HubSpot's archive, if they are there; qrsync retries automatically."
  throw unavailable(name, what, advice)
}
