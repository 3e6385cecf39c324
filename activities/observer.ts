import type { SourceChange } from '../src/ledger/shapes/note-shapes.ts'
import type { CallOutcome } from '../src/ledger/base/schema.ts'
import type { DeliveredStream, StreamName } from '../src/streams/streams.ts'

/** Receives what activities do, for the log, metrics and traces. It changes nothing, and never throws. */
export interface Observer {
  /** Wraps one call of the API. `endOf` returns how a failure of `send` is recorded. */
  call<Answer>(
    call: ObservedCall,
    send: () => Promise<Answer>,
    endOf: (error: unknown) => CallEnd,
  ): Promise<Answer>
  /** Rows that the ledger did not have before. */
  landed(rows: LandedRows): void
  /**
   * How far the worker's clock is ahead of the API's, each time it is measured; null if no answer has contained
   * a time.
   */
  clock(seen: { connector: string; skewMs: number | null }): void
  /** A destination writes to something else than before. qrsync fills it again from the first row. */
  targetChanged(change: { connector: string; destination: string; before: string; now: string }): void
  /** The API's responses have other fields than before. */
  sourceChanged(change: SourceChange): void
  /**
   * Wraps one batch of a destination. `settled` counts rows when they are settled, including those before an
   * error.
   */
  upsert(
    batch: ObservedBatch,
    write: (settled: (confirmed: number, rejected: number) => void) => Promise<void>,
  ): Promise<void>
  /** One stream of a destination failed; the others continue. */
  streamFailed(failure: ObservedStreamFailure): void
}

export interface ObservedStreamFailure {
  connector: string
  destination: string
  stream: DeliveredStream
  code: string
  message: string
}

export interface ObservedCall {
  connector: string
  /** In the ledger's table `calls`. */
  callId: number
  endpoint: string
  purpose: string
  qrCodeId: string | undefined
}

export interface CallEnd {
  outcome: Exclude<CallOutcome, 'pending'>
  httpStatus: number | null
  /** The window that the refusal names. */
  window: 'minute' | 'month' | null
}

export interface LandedRows {
  connector: string
  stream: StreamName
  rows: number
  /** The times from scan to landing, without history. */
  lagsMs?: readonly number[]
}

export interface ObservedBatch {
  connector: string
  destination: string
  stream: DeliveredStream
  rows: number
}

export const noObserver: Observer = {
  call: (_call, send) => send(),
  landed: () => undefined,
  clock: () => undefined,
  targetChanged: () => undefined,
  sourceChanged: () => undefined,
  upsert: (_batch, write) => write(() => undefined),
  streamFailed: () => undefined,
}
