import type { ApiClient } from '../src/api/client.ts'
import type { Destination } from '../src/destinations/destination.ts'
import type { Ledger } from '../src/ledger/schema.ts'

/** What activities work with; composed in src/worker, and by tests. */
export interface ActivityDeps {
  connector: string
  api: ApiClient
  /** Tells a changed key without knowing it. */
  keyFingerprint: string
  /** Where the account's minute allows other than its plan. */
  callsPerMinute: number | null
  /** A call is given up after this time (`ApiClient`'s timeout). */
  callTimeoutMs: number
  ledger: Ledger
  destinations: ReadonlyMap<string, () => Destination>
  /** Starts the delivery to a destination, or tells the one under way that there is more. */
  signalDelivery(destination: string): Promise<void>
}
