import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { forbidden, unavailable } from '../http/hubspot-error.ts'
import type { TargetObject } from './prepared.ts'
import type { Language } from '../settings.ts'
import {
  mergeOptions,
  propertyGroup,
  propertyGroupName,
  type PropertyDefinition,
  type PropertyOption,
} from './properties.ts'

const option = z.object({
  value: z.string(),
  label: z.string(),
  displayOrder: z.number().catch(-1),
  hidden: z.boolean().catch(false),
  description: z.string().optional().catch(undefined),
})

const property = z.object({
  name: z.string(),
  label: z.string().catch(''),
  description: z.string().catch(''),
  type: z.string(),
  groupName: z.string().catch(''),
  hasUniqueValue: z.boolean().catch(false),
  options: z.array(option).catch([]),
  /** Somebody changed it in HubSpot; HubSpot leaves it out for what an integration did. */
  updatedUserId: z.string().nullish().catch(null),
})
export type KnownProperty = z.output<typeof property>

const propertyList = z.object({ results: z.array(property) })
const groupList = z.object({ results: z.array(z.object({ name: z.string() })) })

/** The most that HubSpot takes in one call. */
const propertiesPerCall = 100

export async function readProperties(
  ask: Ask,
  { typeId }: TargetObject,
): Promise<Map<string, KnownProperty>> {
  const list = await ask({ method: 'GET', path: `/crm/properties/2026-09/${typeId}` })
  return new Map(list.read(propertyList).results.map((each) => [each.name, each]))
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

  const path = `/crm/properties/2026-09/${object.typeId}`
  const hasGroup = (await ask({ method: 'GET', path: `${path}/groups` }))
    .read(groupList)
    .results.some(({ name }) => name === propertyGroupName)
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
    await ask(
      { method: 'POST', path: `${path}/groups`, body: { ...propertyGroup(language), displayOrder: -1 } },
      [409],
    )
  }
  for (let start = 0; start < missing.length; start += propertiesPerCall) {
    const inputs = missing.slice(start, start + propertiesPerCall).map(creation)
    await ask({ method: 'POST', path: `${path}/batch/create`, body: { inputs } }, [409])
  }
  for (const definition of stale) {
    const updated = await update(ask, path, definition, known.get(definition.name))
    if (definition.type === 'enumeration' && updated !== null) options.set(definition.name, updated)
  }
  if (missing.length > 0) await confirmMade(ask, plan, missing)
  return { changes, options }
}

/** @returns its options; null where it stays a text */
async function update(
  ask: Ask,
  path: string,
  { name, label, description, type, fieldType, options: wanted }: PropertyDefinition,
  found: KnownProperty | undefined,
): Promise<PropertyOption[] | null> {
  const options = mergeOptions(found?.options ?? [], wanted ?? [])
  const words = { label, description, groupName: propertyGroupName, ...(wanted && { options }) }
  const isText = found?.type === 'string' && type === 'enumeration'
  const request = { method: 'PATCH' as const, path: `${path}/${name}` }
  if (!isText) {
    await ask({ ...request, body: words })
    return options
  }
  const { status } = await ask({ ...request, body: { ...words, type, fieldType } }, [400])
  return status < 300 ? options : null
}

function creation(definition: PropertyDefinition) {
  return { ...definition, groupName: propertyGroupName, displayOrder: -1, hidden: false, formField: false }
}

function isStale(wanted: PropertyDefinition, known: KnownProperty | undefined): boolean {
  if (known === undefined || known.updatedUserId) return false
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

/** A property of our name that somebody made for something else: its type, or that its values are unique, is for good. */
function refuseOther(wanted: PropertyDefinition, { name, object, known }: PropertyPlan): void {
  const found = known.get(wanted.name)
  if (found === undefined) return
  let lack: string | undefined
  const isEarlier = found.type === 'string' && wanted.type === 'enumeration'
  if (found.type !== wanted.type && !isEarlier) {
    lack = `is of the type ${found.type}, where ${wanted.type} is needed`
  } else if (wanted.hasUniqueValue && !found.hasUniqueValue) lack = 'does not require unique values'
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
