import type { DeliveredStream } from '../../../src/streams/streams.ts'
import type { Upserting } from './with-upsert.ts'

/**
 * A row as a destination keeps it, spelled as the model spells it: times as `Date.toISOString` writes them, counts as
 * numbers.
 */
export type KeptRow = Record<string, unknown> & { id: string }

/** A destination, and what its vendor shows of it. */
export interface DestinationUnderTest {
  /** Those that the suite tries, `scans` among them. */
  streams: readonly DeliveredStream[]
  /** One with nothing in it yet, for each test. */
  make(): Promise<Upserting>
  /** All that the last made one keeps of a stream, read past it, once it is closed. */
  readBack(stream: DeliveredStream): Promise<KeptRow[]>
  /** Whether each row that is read back also says when it was written, as `loaded_at`: a time as text or as a `Date`. */
  hasLoadedAt?: boolean
  /** What of a row it keeps, where that is not all. */
  keeps?(stream: DeliveredStream, row: KeptRow): KeptRow
  /** What of the destination fails while the vendor is away: all of it, or the stream that is under way. */
  outageOf: 'destination' | 'stream'
  /** Takes the vendor away, until what it returns is called. */
  beginOutage(): Promise<() => Promise<void>>
}
