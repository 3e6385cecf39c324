import type { ActivityOrder } from './activity-attempt.ts'
import type { ActivityTasks } from './activity-tasks.ts'
import { replayedAlike } from './replay.ts'
import type { TaskPool, TaskWorker } from './task-pool.ts'
import type { TemporalEvents, TemporalFaults } from './temporal-server.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'
import {
  type Activation,
  type ActivationResult,
  type Command,
  type Job,
  type Payload,
  type WorkflowCode,
} from './workflow-code.ts'
import type { RunEnd, WorkflowRun } from './workflow-run.ts'

const workflowTaskTimeoutMs = 10_000

interface WorkflowTaskParts {
  time: VirtualTime
  pool: TaskPool
  code: WorkflowCode
  faults: TemporalFaults
  events: TemporalEvents
  activities: ActivityTasks
  closed: (run: WorkflowRun, end: RunEnd, message: string | null) => void
  continues: (run: WorkflowRun, input: Payload[]) => void
}

/** The server's side of workflow tasks: what a workflow gets, and what it returns. */
export class WorkflowTasks {
  readonly #parts: WorkflowTaskParts

  constructor(parts: WorkflowTaskParts) {
    this.#parts = parts
  }

  add(run: WorkflowRun, job: Job): void {
    if (!run.isOpen) return
    run.jobs.push(job)
    if (!run.hasTask) this.#askForTask(run)
  }

  /** Carries out again what a run's history has begun and not ended, and gives it the jobs of its next task. */
  resume(run: WorkflowRun, jobs: readonly Job[]): void {
    const ended = new Set([...run.tasks.flatMap(({ activation }) => activation.jobs), ...jobs].map(endOf))
    const cancelled = new Set(run.tasks.flatMap(({ given }) => given.map(cancelOf)))
    for (const { activation, given } of run.tasks) {
      for (const command of given) {
        const begun = beginningOf(command)
        if (begun === null || ended.has(begun) || cancelled.has(begun)) continue
        this.#carryOut(run, command, this.#parts.time.nowMs - activation.atMs)
      }
    }
    for (const job of jobs) this.add(run, job)
  }

  #askForTask(run: WorkflowRun): void {
    run.hasTask = true
    run.events += 1
    this.#parts.pool.world(this.#parts.faults.latencyMs(), () => this.#giveTask(run))
  }

  /** Gives a task to the worker that has the workflow in its cache, or to any that lives. */
  #giveTask(run: WorkflowRun): unknown {
    if (!run.isOpen) return
    const ready = this.#parts.pool.alive()
    if (ready.length === 0 || this.#parts.pool.isAway) {
      this.#parts.pool.whenThere(() => this.#giveTask(run))
      return
    }
    const cached = ready.find(({ actor }) => actor === run.cachedBy)
    const worker = cached ?? this.#parts.pool.any(ready)
    if (worker.actor.frozenUntilMs > this.#parts.time.nowMs) {
      run.cachedBy = null
      this.#parts.pool.world(workflowTaskTimeoutMs, () => this.#giveTask(run))
      return
    }
    return this.#parts.time.hold(this.#runTask(run, worker))
  }

  async #runTask(run: WorkflowRun, worker: TaskWorker): Promise<void> {
    run.events += 1
    const jobs = run.jobs.splice(0)
    try {
      if (run.instance !== null && (run.cachedBy !== worker.actor || this.#parts.faults.evicts())) {
        await drop(run)
      }
      run.instance ??= await replayedAlike(this.#parts.code, run)
      run.cachedBy = worker.actor
      const activation = {
        atMs: this.#parts.time.nowMs,
        jobs,
        historyEvents: run.events,
        historyBytes: run.bytes,
        continueAsNewSuggested: run.events >= this.#parts.faults.longestHistory,
      }
      const result = await run.instance.activate(activation, false)
      this.#parts.pool.world(this.#parts.faults.latencyMs(), () =>
        this.#parts.time.hold(this.#completeTask(run, worker, activation, result)),
      )
    } catch (error) {
      this.#parts.events.taskFailure(run, error instanceof Error ? error.message : String(error))
      this.#parts.closed(run, 'failed', null)
      await drop(run)
    }
  }

  async #completeTask(
    run: WorkflowRun,
    worker: TaskWorker,
    activation: Activation,
    result: ActivationResult,
  ): Promise<void> {
    const isLost = !worker.actor.isAlive || this.#parts.pool.isAway
    const ends = result.commands.some(
      ({ completeWorkflowExecution, cancelWorkflowExecution, continueAsNewWorkflowExecution }) =>
        completeWorkflowExecution ?? cancelWorkflowExecution ?? continueAsNewWorkflowExecution,
    )
    // A workflow may not end while there is something that it has not seen: the server refuses that task.
    if (run.isOpen && (isLost || (ends && run.jobs.length > 0))) {
      await drop(run)
      run.jobs.unshift(...activation.jobs)
      this.#parts.pool.world(isLost ? workflowTaskTimeoutMs : this.#parts.faults.latencyMs(), () =>
        this.#giveTask(run),
      )
      return
    }
    run.hasTask = false
    if (run.isOpen) this.#apply(run, activation, result)
    if (!run.isOpen) await drop(run)
    else if (run.jobs.length > 0) this.#askForTask(run)
  }

  #apply(run: WorkflowRun, activation: Activation, result: ActivationResult): void {
    run.events += 1
    run.keep(activation, result)
    for (const command of result.commands) this.#carryOut(run, command)
  }

  /** @param sinceMs how long ago the workflow gave it */
  #carryOut(run: WorkflowRun, command: Command, sinceMs = 0): void {
    if (command.scheduleActivity) {
      const { seq, activityType, arguments: args, ...given } = command.scheduleActivity
      run.events += 1
      run.note(args ?? [])
      const order: ActivityOrder = {
        run,
        seq: Number(seq),
        type: activityType ?? '',
        args: args ?? [],
        startToCloseMs: msOf(given.startToCloseTimeout) ?? Infinity,
        heartbeatMs: msOf(given.heartbeatTimeout),
        firstRetryMs: msOf(given.retryPolicy?.initialInterval) ?? 1_000,
        backoff: given.retryPolicy?.backoffCoefficient ?? 2,
        epoch: this.#parts.activities.epoch,
      }
      run.activities.set(order.seq, { type: order.type, attempt: null })
      this.#parts.pool.world(this.#parts.faults.latencyMs(), () => {
        this.#parts.activities.give(order, 1)
      })
    } else if (command.requestCancelActivity) {
      this.#parts.activities.cancel(run, Number(command.requestCancelActivity.seq))
    } else if (command.startTimer) {
      const seq = Number(command.startTimer.seq)
      run.events += 1
      const leftMs = (msOf(command.startTimer.startToFireTimeout) ?? 0) - sinceMs
      const fire = this.#parts.pool.world(leftMs, () => {
        run.timers.delete(seq)
        run.events += 1
        this.add(run, { fireTimer: { seq } })
      })
      run.timers.set(seq, fire)
    } else if (command.cancelTimer) {
      const seq = Number(command.cancelTimer.seq)
      const timer = run.timers.get(seq)
      if (timer !== undefined) timer.isCancelled = true
      run.timers.delete(seq)
      run.events += 1
    } else if (command.completeWorkflowExecution) {
      this.#complete(run, command.completeWorkflowExecution.result)
    } else if (command.failWorkflowExecution) {
      this.#parts.closed(run, 'failed', command.failWorkflowExecution.failure?.message ?? null)
    } else if (command.cancelWorkflowExecution) this.#parts.closed(run, 'cancelled', null)
    else if (command.continueAsNewWorkflowExecution) {
      this.#parts.continues(run, command.continueAsNewWorkflowExecution.arguments ?? [])
    } else run.events += 1
  }

  #complete(run: WorkflowRun, result: Payload | null | undefined): void {
    if (result) run.note([result])
    this.#parts.closed(run, 'completed', null)
  }
}

/** What a command begins, what a job ends, and what a command ends: an activity or a timer, by its number. */
function beginningOf({ scheduleActivity, startTimer }: Command): string | null {
  if (scheduleActivity) return `activity ${String(scheduleActivity.seq)}`
  return startTimer ? `timer ${String(startTimer.seq)}` : null
}

function endOf({ resolveActivity, fireTimer }: Job): string | null {
  if (resolveActivity) return `activity ${String(resolveActivity.seq)}`
  return fireTimer ? `timer ${String(fireTimer.seq)}` : null
}

function cancelOf({ cancelTimer }: Command): string | null {
  return cancelTimer ? `timer ${String(cancelTimer.seq)}` : null
}

/** Removes a workflow from its worker's cache. */
async function drop(run: WorkflowRun): Promise<void> {
  const { instance } = run
  run.instance = null
  run.cachedBy = null
  await instance?.dispose()
}

function msOf(duration: { seconds?: unknown; nanos?: number | null } | null | undefined): number | null {
  if (!duration) return null
  return Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1_000_000
}
