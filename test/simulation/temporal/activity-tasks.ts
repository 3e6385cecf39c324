import {
  ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common'
import { ActivityAttempt, type ActivityOrder, type ActivityOutcome } from './activity-attempt.ts'
import type { TaskPool } from './task-pool.ts'
import type { TemporalEvents, TemporalFaults } from './temporal-server.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'
import type { ActivityResult, Failure, Job } from './workflow-code.ts'
import type { WorkflowRun } from './workflow-run.ts'

interface ActivityTaskParts {
  time: VirtualTime
  pool: TaskPool
  faults: TemporalFaults
  events: TemporalEvents
  addJob: (run: WorkflowRun, job: Job) => void
}

/** The server's side of activities: attempts, timeouts, retries, cancellation. */
export class ActivityTasks {
  /** Increases when the server loses its data: from then on, earlier attempts are unknown. */
  epoch = 0
  readonly #parts: ActivityTaskParts

  constructor(parts: ActivityTaskParts) {
    this.#parts = parts
  }

  /** Gives an attempt at an activity to a worker. */
  give(order: ActivityOrder, number: number): void {
    const { run, seq } = order
    if (!run.isOpen || !run.activities.has(seq)) return
    const ready = this.#parts.pool.able()
    if (ready.length === 0 || this.#parts.pool.isAway) {
      this.#parts.pool.whenThere(() => {
        this.give(order, number)
      })
      return
    }
    const worker = this.#parts.pool.any(ready)
    const attempt = new ActivityAttempt(order, number, this.#parts.time.nowMs, worker.actor)
    run.activities.set(seq, { type: order.type, attempt })
    this.#watch(attempt)
    this.#parts.time.after(
      this.#parts.faults.latencyMs(),
      async () => {
        this.#parts.events.activity(worker.actor, attempt, null)
        attempt.atWorkSinceMs = this.#parts.time.nowMs
        const outcome = await worker.execute(attempt)
        attempt.atWorkSinceMs = null
        this.#parts.events.activity(worker.actor, attempt, outcome)
        if (this.#parts.faults.losesCompletion()) return
        this.#parts.pool.world(this.#parts.faults.latencyMs(), () => {
          this.#finish(attempt, outcome)
        })
      },
      worker.actor,
    )
  }

  /** An attempt that neither ends nor heartbeats in time has died, as far as the server knows. */
  #watch(attempt: ActivityAttempt): void {
    const { order } = attempt
    const deadlineMs = () =>
      Math.min(
        attempt.startedMs + order.startToCloseMs,
        order.heartbeatMs === null ? Infinity : attempt.heardOfMs + order.heartbeatMs,
      )
    const look = () => {
      if (!attempt.isWaitedFor) return
      const leftMs = deadlineMs() - this.#parts.time.nowMs
      if (leftMs > 0) attempt.watch = this.#parts.pool.world(leftMs, look)
      else {
        this.#parts.events.timedOut(attempt)
        this.#retry(attempt, order.firstRetryMs)
      }
    }
    attempt.watch = this.#parts.pool.world(deadlineMs() - this.#parts.time.nowMs, look)
  }

  #finish(attempt: ActivityAttempt, outcome: ActivityOutcome): void {
    const { order, number } = attempt
    if (!attempt.isWaitedFor || order.epoch !== this.epoch) return
    if (this.#parts.pool.isAway) {
      this.#parts.pool.world(1_000, () => {
        this.#finish(attempt, outcome)
      })
      return
    }
    const { run, seq } = order
    if (outcome.is === 'completed') {
      attempt.abandon()
      run.lastSliceMs = attempt.startedMs
      run.note([outcome.result])
      this.#resolve(run, seq, { completed: { result: outcome.result } })
      return
    }
    const { error } = outcome
    const isFinal = error instanceof ApplicationFailure && error.nonRetryable
    const namedMs = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined
    const delayMs = Number(namedMs ?? order.firstRetryMs * order.backoff ** (number - 1))
    // Temporal reads a delay of 0 as "do not retry".
    if (isFinal || delayMs === 0) {
      attempt.abandon()
      const cause = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter)
      this.#resolve(run, seq, { failed: { failure: activityFailure(order, cause) } })
    } else this.#retry(attempt, delayMs)
  }

  #retry(attempt: ActivityAttempt, delayMs: number): void {
    const { order, number } = attempt
    attempt.abandon()
    this.#parts.pool.world(delayMs, () => {
      this.give(order, number + 1)
    })
  }

  #resolve(run: WorkflowRun, seq: number, result: ActivityResult): void {
    run.activities.delete(seq)
    run.events += 2
    this.#parts.addJob(run, { resolveActivity: { seq, result } })
  }

  /** The workflow does not wait for the activity to notice. */
  cancel(run: WorkflowRun, seq: number): void {
    const activity = run.activities.get(seq)
    if (activity === undefined) return
    const { type, attempt } = activity
    if (attempt !== null) attempt.isCancelled = true
    attempt?.abandon()
    run.activities.delete(seq)
    const cause = defaultFailureConverter.errorToFailure(
      new CancelledFailure('cancelled'),
      defaultPayloadConverter,
    )
    run.events += 1
    this.#parts.addJob(run, {
      resolveActivity: { seq, result: { cancelled: { failure: activityFailure({ seq, type }, cause) } } },
    })
  }
}

function activityFailure({ seq, type }: { seq: number; type: string }, cause: Failure): Failure {
  return {
    message: 'Activity task failed',
    cause,
    activityFailureInfo: { activityId: String(seq), activityType: { name: type } },
  }
}
