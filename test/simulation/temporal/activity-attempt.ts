import type { Scheduled } from '../machines/event-queue.ts'
import type { Actor } from '../machines/virtual-time.ts'
import type { Payload } from './workflow-code.ts'
import type { WorkflowRun } from './workflow-run.ts'

/** What a workflow has scheduled. */
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
  /** Whether the server still waits for its end. */
  isWaitedFor = true
  /** Whether the workflow wants it to end. */
  isCancelled = false
  watch: Scheduled | null = null
  /** The process that runs it. */
  readonly actor: Actor
  /** Since when its worker runs it, from its first to its last step; otherwise null. */
  atWorkSinceMs: number | null = null

  constructor(order: ActivityOrder, number: number, startedMs: number, actor: Actor) {
    this.order = order
    this.number = number
    this.startedMs = startedMs
    this.heardOfMs = startedMs
    this.actor = actor
  }

  /** @returns whether the attempt should end */
  heartbeat(nowMs: number): boolean {
    this.heardOfMs = nowMs
    return this.isCancelled || !this.isWaitedFor
  }

  abandon(): void {
    this.isWaitedFor = false
    if (this.watch !== null) this.watch.isCancelled = true
  }
}
