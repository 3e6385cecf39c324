import type { AssociationStore } from './associations/association-store.ts'
import type { Violation } from './http/check-request.ts'
import type { ObjectType } from './types/object-type.ts'
import type { RateLimits, Tier } from './http/rate-limits.ts'
import type { HubSpotRecord } from './records/record-store.ts'

export interface WriteInput {
  id?: string
  properties: Record<string, string>
}

/** Makes inputs bad: `values` as an invalid value, `conflict` as one that fails its whole batch with 409. */
export interface Refusal {
  matches(input: WriteInput, objectType: string): boolean
  how: 'values' | 'conflict'
}

export interface EventDefinition {
  fullyQualifiedName: string
  name: string
  label: string
  primaryObject: string
  /** Types by name. */
  properties: Map<string, string>
}

/** `BehavioralEventHttpCompletionRequest` of Events/Send Event Completions/Rollouts/669/2026-09. */
export interface SentEvent {
  eventName: string
  objectId?: string
  occurredAt?: string
  uuid?: string
  properties: Record<string, string>
}

/** A list, which HubSpot's pages call a segment. */
export interface FakeList {
  id: string
  name: string
  objectTypeId: string
  processingType: string
  filterBranch?: unknown
}

/** An account at HubSpot with one app: everything that the fake stores. */
export interface Portal {
  readonly id: number
  readonly timeZone: string
  readonly token: string
  readonly now: () => number
  readonly limits: RateLimits
  readonly types: ObjectType[]
  /** Custom objects that were deleted, but not permanently. */
  readonly deletedTypes: ObjectType[]
  readonly associations: AssociationStore
  readonly violations: Violation[]
  readonly refusals: Set<Refusal>
  /** By fully qualified name. */
  readonly eventDefinitions: Map<string, EventDefinition>
  readonly events: SentEvent[]
  readonly refusedEventValues: Set<string>
  readonly lists: FakeList[]
  tier: Tier
  scopes: Set<string>
  expiredAtMs: number | null
  lastId: number
  /** The most associations of one record with those of another object. */
  mostAssociations: number
  /** The search does not find new and changed records until then: "may take a few moments". */
  searchLagMs: number
  /** Values whose search is refused; null: any. */
  readonly refusedSearches: Set<string | null>
}

/** Ids of records, types and definitions, as long as the vendor's. */
export function nextId(portal: Portal): string {
  return String(++portal.lastId)
}

/**
 * Moves a record to the archive, without its associations.
 *
 * @see https://knowledge.hubspot.com/records/restore-deleted-records
 */
export function archiveRecord(portal: Portal, type: ObjectType, record: HubSpotRecord): void {
  type.records.remove(record)
  portal.associations.removeAllOf(type, record.id)
}

export function createRecord(
  portal: Portal,
  type: ObjectType,
  values: Record<string, string>,
): HubSpotRecord {
  const nowMs = portal.now()
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
  const record = { id: nextId(portal), properties: set, createdAtMs: nowMs, updatedAtMs: nowMs }
  type.records.insert(record)
  return record
}

/**
 * "A new record with a new ID will be created for the resulting merged record … fetching any records using the original IDs
 * will return the new merged record … the latest property values of the primary record as the current value"
 * (https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies). A contact keeps every
 * address (https://knowledge.hubspot.com/records/merge-records).
 */
export function mergeRecords(
  portal: Portal,
  type: ObjectType,
  primary: HubSpotRecord,
  other: HubSpotRecord,
): HubSpotRecord {
  const both = [primary, other]
  const listOf = (name: string) => both.flatMap((each) => each.properties[name]?.split(';') ?? [])
  const ids = [...listOf('hs_merged_object_ids'), ...both.map(({ id }) => id)]
  const first = primary.properties['email']
  const addresses = [...listOf('hs_additional_emails'), ...listOf('email')].filter((each) => each !== first)
  const nowMs = portal.now()
  const merged: HubSpotRecord = {
    id: nextId(portal),
    properties: {
      ...other.properties,
      ...primary.properties,
      hs_merged_object_ids: ids.join(';'),
      ...(addresses.length > 0 && { hs_additional_emails: addresses.join(';') }),
    },
    createdAtMs: Math.min(primary.createdAtMs, other.createdAtMs),
    updatedAtMs: nowMs,
  }
  type.records.replace(both, merged)
  return merged
}
