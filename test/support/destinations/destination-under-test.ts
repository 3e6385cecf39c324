import type { DeliveredStream } from '../../../src/streams/streams.ts'
import type { Upserting } from './with-upsert.ts'

/** A row as a destination stores it, in the model's format: times as in `Date.toISOString`, counts as numbers. */
export type KeptRow = Record<string, unknown> & { id: string }

/** A destination, and a way to read what its vendor stores. */
export interface DestinationUnderTest {
  /** The streams that the suite tests, `scans` among them. */
  streams: readonly DeliveredStream[]
  /** Creates an empty one for each test. */
  make(): Promise<Upserting>
  /** Reads everything that the last created one stores of a stream, directly and after it is closed. */
  readBack(stream: DeliveredStream): Promise<KeptRow[]>
  /** Whether each row also has `loaded_at`, a time as text or as a `Date`. */
  hasLoadedAt?: boolean
  /** The part of a row that it stores, if that is not all. */
  keeps?(stream: DeliveredStream, row: KeptRow): KeptRow
  /** Drops a table of the last created one, which is closed. */
  dropTable?: (stream: DeliveredStream) => Promise<unknown>
  /** What fails of the destination while the vendor is down: all of it, or the current stream. */
  outageOf: 'destination' | 'stream'
  /** Takes the vendor down until the returned function is called. */
  beginOutage(): Promise<() => Promise<void>>
}
