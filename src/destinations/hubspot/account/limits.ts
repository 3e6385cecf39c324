import { z } from 'zod'
import type { Ask } from '../http/client.ts'

/** The limit of a kind in an account, and its usage. */
export interface Room {
  limit: number
  usage: number
}

const room = z.object({ limit: z.number(), usage: z.number() })
const ofObject = room.extend({ objectTypeId: z.string() })

const customProperties = z.object({
  byObjectType: z.array(ofObject).catch([]),
  overallLimit: z.number().catch(Infinity),
  overallUsage: z.number().catch(0),
})

const records = z.object({
  hubspotDefinedObjectTypes: z.array(ofObject).catch([]),
  customObjectTypes: z
    .object({ overallLimit: z.number(), overallUsage: z.number() })
    .optional()
    .catch(undefined),
})

const labels = z.object({ results: z.array(room).catch([]) })

/** Undefined if HubSpot does not report it: its limits need scopes that qrsync needs for nothing else. */
async function readLimit<T>(ask: Ask, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = `/crm/limits/2026-09/${name}`
  const answer = await ask({ method: 'GET', path }, [400, 403, 404])
  return answer.status === 200 ? answer.read(schema) : undefined
}

/** @see https://developers.hubspot.com/docs/api-reference/latest/crm/limits-tracking/guide */
export const readCustomObjectRoom = (ask: Ask) => readLimit(ask, 'custom-object-types', room)

export interface PropertyRooms {
  overall: Room
  of(typeId: string): Room
}

/**
 * Properties that an account has created itself. HubSpot limits them per object and, in some subscriptions, in
 * total.
 */
export async function readPropertyRooms(ask: Ask): Promise<PropertyRooms | undefined> {
  const told = await readLimit(ask, 'custom-properties', customProperties)
  if (told === undefined) return undefined
  const { byObjectType, overallLimit, overallUsage } = told
  const none = { limit: Infinity, usage: 0 }
  return {
    overall: { limit: overallLimit, usage: overallUsage },
    of: (typeId) => byObjectType.find(({ objectTypeId }) => objectTypeId === typeId) ?? none,
  }
}

/** Records of an object or, for a custom one, of all custom objects. Undefined if HubSpot does not report them. */
export async function readRecordRooms(ask: Ask): Promise<((typeId: string) => Room | undefined) | undefined> {
  const told = await readLimit(ask, 'records', records)
  if (told === undefined) return undefined
  const { hubspotDefinedObjectTypes, customObjectTypes: custom } = told
  const ofCustom = custom && { limit: custom.overallLimit, usage: custom.overallUsage }
  return (typeId) =>
    typeId.startsWith('2-')
      ? ofCustom
      : hubspotDefinedObjectTypes.find(({ objectTypeId }) => objectTypeId === typeId)
}

/** Association labels between two objects. */
export async function readLabelRoom(
  ask: Ask,
  fromTypeId: string,
  toTypeId: string,
): Promise<Room | undefined> {
  const query = new URLSearchParams({ fromObjectTypeId: fromTypeId, toObjectTypeId: toTypeId })
  const told = await readLimit(ask, `associations/labels?${query.toString()}`, labels)
  return told?.results[0]
}
