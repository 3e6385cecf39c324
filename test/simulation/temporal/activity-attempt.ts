import type { Scheduled } from '../machines/event-queue.ts'
import type { Actor } from '../machines/virtual-time.ts'
import type { Payload } from './workflow-code.ts'
import type { WorkflowRun } from './workflow-run.ts'

/** What a workflow asked for. */
export interface ActivityOrder {
  run: WorkflowRun
  seq: number
  type: string
  args: Payload[]
  startToCloseMs: number
  heartbeatMs: number | null
  firstRetryMs: number
  backoff: number
  /** Of the server's data. */
  epoch: number
}

export type ActivityOutcome = { is: 'completed'; result: Payload } | { is: 'failed'; error: unknown }

/** One attempt at an activity, as the server sees it. */
export class ActivityAttempt {
  readonly order: ActivityOrder
  /** From 1. */
  readonly number: number
  readonly startedMs: number
  heardOfMs: number
  /** The server still waits for its end. */
  isWaitedFor = true
  /** The workflow wants it to come to an end. */
  isCancelled = false
  watch: Scheduled | null = null
  /** What it runs on. */
  readonly actor: Actor
  /** Between its first and its last step, as its worker knows: since when; else null. */
  atWorkSinceMs: number | null = null

  constructor(order: ActivityOrder, number: number, startedMs: number, actor: Actor) {
    this.order = order
    this.number = number
    this.startedMs = startedMs
    this.heardOfMs = startedMs
    this.actor = actor
  }

  /** @returns whether the attempt should come to an end */
  heartbeat(nowMs: number): boolean {
    this.heardOfMs = nowMs
    return this.isCancelled || !this.isWaitedFor
  }

  abandon(): void {
    this.isWaitedFor = false
    if (this.watch !== null) this.watch.isCancelled = true
  }
}
