import type { DeliveredStream, LandedRow } from '../../streams/streams.ts'

/** Identifies a stream of a destination. */
export interface DeliveryKey<Stream extends DeliveredStream = DeliveredStream> {
  connector: string
  destination: string
  stream: Stream
}

/** A move of a watermark. */
export interface Move {
  /** The watermark when the rows were read. */
  fromSeq: number
  /** The watermark once every one of them is confirmed or rejected. */
  upToSeq: number
  /** Whether no row is left after these. */
  isLast: boolean
  /** When `upToSeq` was read (epoch ms): rows that landed before the batch is settled are not among these. */
  readAtMs: number
}

/** What was sent to the destination, and the outcomes. */
export interface SettledBatch {
  /** The destination's resets when its rows were read (`readResets`). */
  resets: number
  rows: readonly LandedRow[]
  /** `againAfterMs`: the row is sent again after this time. */
  rejected: readonly { id: string; reason: string; againAfterMs?: number }[]
  /** By row id, if the destination has fingerprints. */
  fingerprints: ReadonlyMap<string, string>
  move: Move | null
}
