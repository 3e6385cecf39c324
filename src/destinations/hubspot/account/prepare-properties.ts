import { z } from 'zod'
import type { Ask } from '../http/client.ts'
import { forbidden, unavailable } from '../http/hubspot-error.ts'
import type { TargetObject } from './prepared.ts'
import { propertyGroup, propertyGroupName, type PropertyDefinition } from './properties.ts'

const option = z.object({ value: z.string(), label: z.string() })

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
  dryRun: boolean
}

/**
 * Makes the group and the properties that are missing, and brings labels, descriptions and options up to date where nobody
 * has changed them in HubSpot.
 *
 * @returns what was done or, with `dryRun`, would be
 */
export async function prepareProperties(ask: Ask, plan: PropertyPlan): Promise<string[]> {
  const { object, known, definitions, dryRun } = plan
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
  if (dryRun) return changes

  // 409: another worker was faster.
  if (!hasGroup) {
    await ask(
      { method: 'POST', path: `${path}/groups`, body: { ...propertyGroup('en'), displayOrder: -1 } },
      [409],
    )
  }
  for (let start = 0; start < missing.length; start += propertiesPerCall) {
    const inputs = missing.slice(start, start + propertiesPerCall).map(creation)
    await ask({ method: 'POST', path: `${path}/batch/create`, body: { inputs } }, [409])
  }
  for (const definition of stale) {
    const { label, description, options } = definition
    const body = { label, description, groupName: propertyGroupName, ...(options && { options }) }
    await ask({ method: 'PATCH', path: `${path}/${definition.name}`, body })
  }
  if (missing.length > 0) await confirmMade(ask, plan, missing)
  return changes
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
  if (found.type !== wanted.type) lack = `is of the type ${found.type}, where ${wanted.type} is needed`
  else if (wanted.hasUniqueValue && !found.hasUniqueValue) lack = 'does not require unique values'
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
