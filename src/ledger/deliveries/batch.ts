import type { DeliveredStream, LandedRow } from '../../streams/streams.ts'

/** A destination's place in a stream. */
export interface DeliveryKey<Stream extends DeliveredStream = DeliveredStream> {
  connector: string
  destination: string
  stream: Stream
}

/** Of a watermark. */
export interface Move {
  /** Where it stood when the rows were read. */
  fromSeq: number
  /** Where it stands once every one of them is confirmed or rejected. */
  upToSeq: number
  /** No row is left behind these. */
  isLast: boolean
  /** When `upToSeq` was read, where that was long before the batch is settled: rows that landed in between are not among these. */
  readAtMs?: number
}

/** What was handed over, and what became of it. */
export interface SettledBatch {
  /** Of the destination, when its rows were read (`readResets`). */
  resets: number
  rows: readonly LandedRow[]
  /** `againAfterMs`: handed over again after this time. */
  rejected: readonly { id: string; reason: string; againAfterMs?: number }[]
  /** Of rows by id, where the destination tells. */
  fingerprints: ReadonlyMap<string, string>
  move: Move | null
}
