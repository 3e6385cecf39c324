import type { DeliveryKey } from '../../ledger/deliveries/batch.ts'
import { readDeliveryFailures, type DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import { isDelivered } from '../../insight/read-progress.ts'
import { readDeliveries } from '../../ledger/deliveries/deliveries.ts'
import { hasReplays } from '../../ledger/deliveries/rejects.ts'
import type { WaitingKeys } from '../../ledger/summaries/link-keys.ts'
import { hasLinksToFollow } from '../../ledger/summaries/links-to-follow.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import type { RunFailure } from '../../temporal/read-runs.ts'
import type { DeliveredStream } from '../../streams/streams.ts'
import { describeWaitingKeys } from '../../report/operations/waiting-keys.ts'
import { number, time } from './format.ts'

export interface WatchedDelivery {
  ledger: Ledger
  at: Omit<DeliveryKey, 'stream'>
  streams: readonly DeliveredStream[]
  /** Whether to wait for what an operator has requested too: rows to replay, and keys to look up. */
  isManual?: boolean
}

/** Decides when a command need not wait for a destination any longer. */
export class DeliveryWatch {
  readonly #watched: WatchedDelivery
  readonly #failedBefore: ReadonlyMap<DeliveredStream, number>

  private constructor(watched: WatchedDelivery, failedBefore: ReadonlyMap<DeliveredStream, number>) {
    this.#watched = watched
    this.#failedBefore = failedBefore
  }

  /** Call it before the delivery is requested: what failed earlier is tried once more before the command gives up. */
  static async start(watched: WatchedDelivery): Promise<DeliveryWatch> {
    const { ledger, at, streams } = watched
    const failures = await readDeliveryFailures(ledger, at, streams)
    return new DeliveryWatch(watched, new Map(failures.map((each) => [each.stream, each.failedAtMs])))
  }

  /**
   * @returns null while rows are on their way. At the end, the streams that have failed since the start: all
   *   other streams have every landed row.
   */
  async end(): Promise<DeliveryFailure[] | null> {
    const { streams } = this.#watched
    const failures = await this.failures()
    const failed: DeliveryFailure[] = []
    for (const stream of streams) {
      if (await this.#isComplete(stream)) continue
      const failure = failures.find((each) => each.stream === stream)
      if (failure === undefined || failure.failedAtMs === this.#failedBefore.get(stream)) return null
      failed.push(failure)
    }
    return failed
  }

  /** Returns the streams that a destination lacks because its delivery fails as a whole. */
  async givenUp(
    { type, message, attempt, nextAttemptAtMs }: RunFailure,
    sinceMs: number,
  ): Promise<DeliveryFailure[]> {
    const { at, streams } = this.#watched
    const failure = {
      ...at,
      code: type ?? 'Error',
      message,
      attempts: attempt ?? 1,
      sinceMs,
      failedAtMs: Date.now(),
      retryAtMs: nextAttemptAtMs ?? Date.now(),
    }
    const failed: DeliveryFailure[] = []
    for (const stream of streams) {
      if (!(await this.#isComplete(stream))) failed.push({ ...failure, stream })
    }
    return failed
  }

  /** Streams that fail now, including those that are retried before the command gives up. */
  failures(): Promise<DeliveryFailure[]> {
    const { ledger, at, streams } = this.#watched
    return readDeliveryFailures(ledger, at, streams)
  }

  async #isComplete(stream: DeliveredStream): Promise<boolean> {
    const { ledger, at, isManual = false } = this.#watched
    if (isManual) {
      const key = { ...at, stream }
      if (await hasReplays(ledger, key)) return false
      // Not those whose hour is over: whether it is depends on the worker's clock.
      const byRequestOnlyMs = 0
      if (await hasLinksToFollow(ledger, key, await readDeliveries(ledger, at), byRequestOnlyMs)) return false
    }
    return isDelivered(ledger, at.connector, at.destination, [stream])
  }
}

/** A stream that a destination did not accept, in the form that `--json` prints. */
export interface UndeliveredStream {
  destination: string
  stream: DeliveredStream
  code: string
  message: string
  attempts: number
  since: string
  next_try_at: string
}

export function toUndelivered(failure: DeliveryFailure): UndeliveredStream {
  const { destination, stream, code, message, attempts, sinceMs, retryAtMs } = failure
  return {
    destination,
    stream,
    code,
    message,
    attempts,
    since: new Date(sinceMs).toISOString(),
    next_try_at: new Date(retryAtMs).toISOString(),
  }
}

/** Describes what a command has left undelivered, on one line for its user; null if it delivered everything. */
export function describeUndelivered(undelivered: readonly UndeliveredStream[]): string | null {
  if (undelivered.length === 0) return null
  const listed = undelivered.map(
    ({ destination, stream, code, next_try_at: next }) =>
      `${destination}: ${stream}: ${code} (next try ${time(Date.parse(next))})`,
  )
  return (
    `Not delivered, because these streams fail: ${listed.join(', ')}. Every other stream is delivered. ` +
    'A worker tries them again automatically; "qrsync status" shows why they fail.'
  )
}

/** What `qrsync deliver` has done, once the destination has everything. */
export interface Delivered {
  destination: string
  delivered: number
  /** Rows that it has refused, in all. */
  rejected: number
  waiting: WaitingKeys
}

/** Says what a destination has now, and what it cannot have yet. */
export function describeDelivered(done: Delivered, nowMs = Date.now()): string {
  const { destination, delivered, rejected, waiting } = done
  const lines = [`${destination} has every landed row: ${number(delivered)} rows delivered now.`]
  if (rejected > 0) lines.push(`${number(rejected)} of its rows are refused: run "qrsync rejects list".`)
  if (waiting.keys > 0) {
    lines.push(`Every key was looked up: ${describeWaitingKeys({ destination, ...waiting }, nowMs)}.`)
  }
  return lines.join(' ')
}
