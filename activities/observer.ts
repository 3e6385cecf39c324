import type { SourceChange } from '../src/ledger/shapes/note-shapes.ts'
import type { CallOutcome } from '../src/ledger/base/schema.ts'
import type { DeliveredStream, StreamName } from '../src/streams/streams.ts'

/** Receives what activities do, for the log, metrics and traces. It changes nothing, and never throws. */
export interface Observer {
  /** Around one call of the API; `endOf` tells what a failure of `send` comes to. */
  call<Answer>(
    call: ObservedCall,
    send: () => Promise<Answer>,
    endOf: (error: unknown) => CallEnd,
  ): Promise<Answer>
  /** Rows that the ledger did not have before. */
  landed(rows: LandedRows): void
  /** How far the worker's clock is ahead of the API's, as often as that is looked at; null where no answer has told. */
  clock(seen: { connector: string; skewMs: number | null }): void
  /** A destination writes to something else than before, and is filled again from the first row. */
  targetChanged(change: { connector: string; destination: string; before: string; now: string }): void
  /** The API answers with other fields than before. */
  sourceChanged(change: SourceChange): void
  /** Around one batch of a destination; `settled` counts rows as they are written down, those before an error too. */
  upsert(
    batch: ObservedBatch,
    write: (settled: (confirmed: number, rejected: number) => void) => Promise<void>,
  ): Promise<void>
  /** One stream of a destination failed; the delivery goes on with the others. */
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
  /** The window that a refusal speaks of. */
  window: 'minute' | 'month' | null
}

export interface LandedRows {
  connector: string
  stream: StreamName
  rows: number
  /** From scan to landed, of those that are no history. */
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
