import type { AssociationStore } from './association-store.ts'
import type { Violation } from './check-request.ts'
import type { ObjectType } from './object-type.ts'
import type { RateLimits, Tier } from './rate-limits.ts'
import type { HubSpotRecord } from './record-store.ts'

export interface WriteInput {
  id?: string
  properties: Record<string, string>
}

/** Makes inputs bad: `values` as a value that is not valid, `conflict` as one that fails its whole batch with 409. */
export interface Refusal {
  matches(input: WriteInput, objectType: string): boolean
  how: 'values' | 'conflict'
}

/** An account at HubSpot, with one app in it: all that the fake knows. */
export interface Portal {
  readonly id: number
  readonly timeZone: string
  readonly token: string
  readonly now: () => number
  readonly limits: RateLimits
  readonly types: ObjectType[]
  readonly associations: AssociationStore
  readonly violations: Violation[]
  readonly refusals: Set<Refusal>
  tier: Tier
  scopes: Set<string>
  expiredAtMs: number | null
  lastId: number
}

/** Ids of records, types and definitions, as long as the vendor's. */
export function nextId(portal: Portal): string {
  return String(++portal.lastId)
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
