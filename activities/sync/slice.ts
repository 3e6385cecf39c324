import type { Wait } from '../../src/budget/windows.ts'
import { ApiError } from '../../src/source/api-error.ts'
import type { SliceResult } from '../contract.ts'
import { isFailureOfTarget } from './call-target.ts'
import { CallsSpent } from './calls-spent.ts'

/** The shortest pause after a refused call. */
const shortestPauseMs = 1_000

/**
 * One slice of a sync: as many calls as fit into its time. It counts calls and landed rows, and code that runs in it checks
 * `isOver` before it continues. A slice ends between calls, never during one, so that the result of every paid call lands.
 */
export class Slice {
  readonly signal: AbortSignal
  readonly #endsAtMs: number
  readonly #mostCalls: number
  #calls = 0
  #landed = 0
  #wait: Wait | null = null
  #failure: { error: unknown } | null = null

  /**
   * @param lengthMs no call starts after this time; without it, only a wait, a failure or `signal` ends the
   *   slice
   * @param mostCalls no call starts after this many, if calls are made one after the other
   */
  constructor(signal: AbortSignal, lengthMs = Infinity, mostCalls = Infinity) {
    this.signal = signal
    this.#mostCalls = mostCalls
    this.#endsAtMs = Date.now() + lengthMs
  }

  get calls(): number {
    return this.#calls
  }

  get isOver(): boolean {
    if (this.#wait !== null || this.#failure !== null || this.#calls >= this.#mostCalls) return true
    return this.signal.aborted || Date.now() >= this.#endsAtMs
  }

  countCalls(calls: number): void {
    this.#calls += calls
  }

  /** @param rows that the ledger did not have before */
  countLanded(rows: number): void {
    this.#landed += rows
  }

  /** Ends the slice, because no further call may be made before a time. Of several waits, the longest applies. */
  wait(wait: Wait): void {
    if (this.#wait === null || wait.untilMs > this.#wait.untilMs) this.#wait = wait
  }

  /**
   * Records why a piece of the work ended early. A failure of a code or an endpoint is already stored with its target, and
   * everything else continues. A pause that the API asks for ends the slice. An error of the whole account, or a bug, ends it
   * too: `more` and `done` then throw it.
   */
  pieceEnded(error: unknown, nowMs: number): void {
    if (error instanceof CallsSpent) {
      // The month's remaining calls may be reserved, and an outage delays only its own targets. The next plan takes both into account.
      if (error.wait.reason !== 'kept' && error.wait.reason !== 'outage') this.wait(error.wait)
      return
    }
    if (isFailureOfTarget(error)) {
      if (error.mayHaveArrived) this.countCalls(1)
      return
    }
    if (error instanceof ApiError && typeof error.retry === 'object') {
      const pauseMs = Math.max(error.retry.afterMs, shortestPauseMs)
      this.wait({ reason: 'retry_after', untilMs: nowMs + pauseMs })
      return
    }
    this.#failure ??= { error }
  }

  /** @throws an error that concerns the whole account */
  more(): SliceResult {
    return this.#result(false)
  }

  /** @throws an error that concerns the whole account */
  done(): SliceResult {
    return this.#result(true)
  }

  #result(isDone: boolean): SliceResult {
    if (this.#failure !== null) throw this.#failure.error
    return { calls: this.#calls, landed: this.#landed, isDone, wait: this.#wait }
  }
}
