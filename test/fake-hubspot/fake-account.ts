import type { CallCounts } from './http/call-log.ts'
import type { Violation } from './http/check-request.ts'
import type { Fault } from './http/faults.ts'
import type { Limits, Tier } from './http/rate-limits.ts'
import type { Refusal, SentEvent } from './portal.ts'

export interface FakeRecord {
  id: string
  properties: Record<string, string>
  createdAt: string
  updatedAt: string
}

/** HubSpot on a loopback port: one account, one token. Object types go by name, fully qualified name or id. */
export interface FakeHubSpot {
  readonly url: string
  readonly token: string
  readonly portalId: number
  /** Each request is held against HubSpot's published models: this must stay empty. */
  readonly violations: readonly Violation[]
  /** By method and path template; refused and failed calls too. */
  readonly calls: CallCounts
  readonly faults: Readonly<Record<Fault, number>>
  /** Calls that a limit has refused, without those of `faults`. */
  readonly refused429: number
  readonly peakIn10Seconds: number
  readonly usedToday: number
  recordsOf(objectType: string): FakeRecord[]
  propertiesOf(objectType: string): Record<string, unknown>[]
  associations(from: string, to: string): { from: string; to: string; typeIds: number[] }[]
  /** Those that were taken, in their order. */
  readonly events: readonly SentEvent[]
  /** Has every batch refused that has an event with this value. */
  refuseEvents(value: string): void
  /** Creates a record as somebody else would, and returns its id. */
  addRecord(objectType: string, properties: Record<string, string>): string
  addContact(properties: Record<string, string>): string
  /** Gives a contact another address besides its first one. */
  addAddress(contactId: string, address: string): void
  changeRecord(objectType: string, id: string, properties: Record<string, string>): void
  /** Into the archive, as people delete one. */
  removeRecord(objectType: string, id: string): void
  /** Of one that has no records. */
  deleteObject(objectType: string): void
  deleteProperty(objectType: string, name: string): void
  /** Merges the second record into the first, and returns the id of what comes of them. */
  merge(objectType: string, primaryId: string, otherId: string): string
  /** Has every search for this value refused, or every search (null). */
  refuseSearch(value: string | null): void
  /** So long the search does not see what is new. */
  setSearchLag(ms: number): void
  /** Makes inputs bad from now on; the function that comes back makes them good again. */
  refuse(match: Refusal['matches'] | { property: string; value: string }, how?: Refusal['how']): () => void
  failNext(fault: Fault, calls?: number): void
  setFaults(rate: number, seed: number): void
  /** Calls of other apps of the account, which the daily limit counts too. */
  spendDaily(calls: number): void
  setLimits(limits: Partial<Limits>): void
  setTier(tier: Tier): void
  /** So many records of another object can be associated with one, as an admin may set it. */
  setMostAssociations(most: number): void
  setScopes(scopes: readonly string[]): void
  expireToken(): void
  renewToken(): void
  /** Calls whose path ends so take so long, until the returned function is called. */
  slowDown(callEnd: string, latencyMs: number): () => void
  /** Every connection ends without an answer, until it comes back. */
  goDown(): void
  comeBack(): void
  close(): Promise<void>
}
