import type { ObjectType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import type { HubSpotRecord } from './record-store.ts'

/**
 * A record as `SimplePublicObject` of CRM/Objects/Rollouts/424/2026-09/objects.json: the requested existing
 * properties, null without a value, and those that are always returned.
 */
export function recordBody(
  portal: Portal,
  type: ObjectType,
  record: HubSpotRecord,
  names: readonly string[],
): Record<string, unknown> {
  const createdAt = new Date(record.createdAtMs).toISOString()
  const updatedAt = new Date(record.updatedAtMs).toISOString()
  const properties: Record<string, string | null> = {}
  for (const name of names) {
    if (type.properties.has(name)) properties[name] = record.properties[name] ?? null
  }
  properties[type.createdProperty] = createdAt
  properties[type.updatedProperty] = updatedAt
  properties['hs_object_id'] = record.id
  return {
    id: record.id,
    properties,
    createdAt,
    updatedAt,
    archived: type.records.archived.get(record.id) === record,
    url: `https://app.hubspot.com/contacts/${portal.id}/record/${type.id}/${record.id}`,
  }
}

/** The properties that are returned if the request names none. */
export function namesOr(type: ObjectType, names: readonly string[] | undefined): readonly string[] {
  return names !== undefined && names.length > 0 ? names : type.defaultProperties
}
