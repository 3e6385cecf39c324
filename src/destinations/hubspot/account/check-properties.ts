import { throughClient } from '../http/hubspot-apis.ts'
import type { Ask } from '../http/client.ts'
import type { CheckReport } from '../../destination.ts'
import type { Field } from '../mapping/field.ts'
import { isRequired } from '../mapping/fields.ts'
import type { PropertyRooms } from './limits.ts'
import { mappingThatFits, type Wanting } from './mapping-that-fits.ts'
import { conflictOf, readProperties, type KnownProperty } from './prepare-properties.ts'
import type { TargetObject } from './prepared.ts'
import { definitionOf, type PropertyDefinition } from './properties.ts'

type Need = CheckReport['needs'][number]

/** "You can have up to ten unique ID properties per object": https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide. */
const mostUnique = 10

/** An object, and what qrsync writes to its records. */
export interface Written {
  object: TargetObject
  kind: 'codes' | 'links' | 'scans'
  fields: readonly Omit<Field<never>, 'valueOf'>[]
  /** Whether the fields are a selection for this object alone. */
  isOwnChoice?: boolean
}

interface Compared extends Written {
  known: ReadonlyMap<string, KnownProperty>
  missing: PropertyDefinition[]
}

/** Reports properties with our names that conflict, that were deleted, or that the account has no room for. */
export async function checkProperties(
  ask: Ask,
  written: readonly Written[],
  rooms: PropertyRooms | undefined,
): Promise<{ needs: Need[]; known: ReadonlyMap<string, ReadonlyMap<string, KnownProperty>> }> {
  const needs: Need[] = []
  const all: Compared[] = []
  for (const each of written) {
    const known = await readProperties(ask, each.object)
    const definitions = each.fields.map((field) => definitionOf(field, 'en'))
    const missing = definitions.filter(({ name }) => !known.has(name))
    all.push({ ...each, known, missing })
    needs.push(...conflicts(each.object, definitions, known))
    needs.push(...(await archived(ask, each.object, missing)))
    needs.push(...uniqueRoom(each.object, missing, known))
  }
  needs.push(...propertyRoom(all, rooms))
  return { needs, known: new Map(all.map(({ object, known }) => [object.typeId, known])) }
}

function conflicts(
  { name }: TargetObject,
  definitions: readonly PropertyDefinition[],
  known: ReadonlyMap<string, KnownProperty>,
): Need[] {
  return definitions.flatMap((definition) => {
    const conflict = conflictOf(definition, known.get(definition.name))
    if (conflict === undefined) return []
    const { lack, advice } = conflict
    return [{ what: `property ${definition.name} of ${name}: it ${lack}`, isMet: false, advice }]
  })
}

/**
 * A deleted property keeps its name for 90 days:
 * https://knowledge.hubspot.com/properties/delete-or-restore-properties.
 */
async function archived(
  ask: Ask,
  { name, typeId }: TargetObject,
  missing: readonly PropertyDefinition[],
): Promise<Need[]> {
  if (missing.length === 0) return []
  const answer = await throughClient(ask, ({ properties }) => properties.getAllWithHttpInfo(typeId, true), {
    judged: [400, 403, 404],
  })
  const names = new Set((answer.body.results ?? []).map((each) => each?.name))
  const taken = missing.filter((each) => names.has(each.name)).map((each) => each.name)
  if (taken.length === 0) return []
  const advice =
    'Restore them in HubSpot (Settings > Properties > Archived properties), or delete them there for good.'
  return [{ what: `properties of ${name} that were deleted: ${taken.join(', ')}`, isMet: false, advice }]
}

function uniqueRoom(
  { name }: TargetObject,
  missing: readonly PropertyDefinition[],
  known: ReadonlyMap<string, KnownProperty>,
): Need[] {
  if (!missing.some(({ hasUniqueValue }) => hasUniqueValue)) return []
  const used = [...known.values()].filter((each) => each.hasUniqueValue && !each.isHubSpots).length
  if (used < mostUnique) return []
  const what = `capacity for a property with unique values on ${name}`
  const advice = `HubSpot allows ${mostUnique} for each object, and all are used: delete one, or store codes as another object.`
  return [{ what, isMet: false, advice }]
}

function propertyRoom(all: readonly Compared[], rooms: PropertyRooms | undefined): Need[] {
  if (rooms === undefined) return []
  const needs: Need[] = []
  for (const { object, missing } of all) {
    const { limit, usage } = rooms.of(object.typeId)
    if (missing.length === 0 || missing.length <= limit - usage) continue
    const what = `capacity for ${missing.length} more properties on ${object.name}: HubSpot allows ${limit}, and ${usage} are used`
    needs.push({ what, isMet: false, advice: `Delete some in HubSpot, or name fewer under "properties".` })
  }
  const wanted = all.reduce((sum, { missing }) => sum + missing.length, 0)
  const { limit, usage } = rooms.overall
  const left = Math.max(0, limit - usage)
  if (wanted === 0 || limit === Infinity) return needs
  const what = `capacity for ${wanted} more properties: HubSpot allows ${limit.toLocaleString('en')}, and ${usage.toLocaleString('en')} are used`
  if (wanted <= left) return [...needs, { what, isMet: true }]
  return [...needs, { what, isMet: false, advice: adviceFor(all, left) }]
}

function adviceFor(all: readonly Compared[], left: number): string {
  const wanting = all.flatMap(({ kind, fields, missing, isOwnChoice: isFixed = false }): Wanting[] => {
    if (kind === 'scans') return []
    const required = fields.filter((each) => isFixed || isRequired(kind, each)).map(({ name }) => name)
    return [{ kind, required: missing.filter(({ name }) => required.includes(name)).length, isFixed }]
  })
  const fits = mappingThatFits(wanting, left)
  if (fits !== null) return `This fits: ${fits}`
  const least = wanting.reduce((sum, { required }) => sum + required, 0)
  return `qrsync needs ${least} at least: delete some properties in HubSpot, or use another subscription.`
}
