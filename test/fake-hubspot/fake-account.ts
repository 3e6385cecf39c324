import type { CallCounts } from './http/call-log.ts'
import type { Violation } from './http/check-request.ts'
import type { Fault } from './http/faults.ts'
import type { Limits, Tier } from './http/rate-limits.ts'
import type { FakeList, Refusal, SentEvent } from './portal.ts'

export interface FakeRecord {
  id: string
  properties: Record<string, string>
  createdAt: string
  updatedAt: string
}

/**
 * HubSpot on a loopback port: one account, one token. Object types are named by name, fully qualified name or
 * id.
 */
export interface FakeHubSpot {
  readonly url: string
  readonly token: string
  readonly portalId: number
  /** Requests that violate HubSpot's published models: must stay empty. */
  readonly violations: readonly Violation[]
  /** By method and path template, including refused and failed calls. */
  readonly calls: CallCounts
  readonly faults: Readonly<Record<Fault, number>>
  /** Calls that a limit has refused, without those of `faults`. */
  readonly refused429: number
  readonly peakIn10Seconds: number
  readonly usedToday: number
  recordsOf(objectType: string): FakeRecord[]
  propertiesOf(objectType: string): Record<string, unknown>[]
  associations(from: string, to: string): { from: string; to: string; typeIds: number[] }[]
  /** Accepted events, in order. */
  readonly events: readonly SentEvent[]
  readonly lists: readonly FakeList[]
  /** Makes every batch fail that has an event with this value. */
  refuseEvents(value: string): void
  /** Creates a record like another app, and returns its id. */
  addRecord(objectType: string, properties: Record<string, string>): string
  addContact(properties: Record<string, string>): string
  /** Activates an object, or no longer, like a super admin. */
  activate(objectType: string, isActivated?: boolean): void
  /** Adds a pipeline in the first place, like an admin. */
  addPipeline(objectType: string, id: string, stages: readonly string[]): void
  /** Gives a contact another address besides its primary one. */
  addAddress(contactId: string, address: string): void
  changeRecord(objectType: string, id: string, properties: Record<string, string>): void
  /** Moves a record to the archive, like a user who deletes it. */
  removeRecord(objectType: string, id: string): void
  /** Deletes an object without records. */
  deleteObject(objectType: string): void
  deleteProperty(objectType: string, name: string): void
  /** Merges the second record into the first, and returns the id of the result. */
  merge(objectType: string, primaryId: string, otherId: string): string
  /** Makes every search for this value fail, or every search (null). */
  refuseSearch(value: string | null): void
  /** How long the search does not find new records. */
  setSearchLag(ms: number): void
  /** Makes inputs bad from now on; the returned function makes them good again. */
  refuse(match: Refusal['matches'] | { property: string; value: string }, how?: Refusal['how']): () => void
  failNext(fault: Fault, calls?: number): void
  setFaults(rate: number, seed: number): void
  /** Makes calls of other apps of the account, which the daily limit counts too. */
  spendDaily(calls: number): void
  setLimits(limits: Partial<Limits>): void
  setTier(tier: Tier): void
  /** Sets how many records of another object can be associated with one, like an admin. */
  setMostAssociations(most: number): void
  setScopes(scopes: readonly string[]): void
  expireToken(): void
  renewToken(): void
  /** Makes calls with this end of the path take this long, until the returned function is called. */
  slowDown(callEnd: string, latencyMs: number): () => void
  /** Every connection ends without a response, until it comes back. */
  goDown(): void
  comeBack(): void
  close(): Promise<void>
}
