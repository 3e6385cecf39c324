import { ServiceError } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import type { ActivityAttempt, ActivityOutcome } from './activity-attempt.ts'
import { ActivityTasks } from './activity-tasks.ts'
import type { Random } from '../machines/random.ts'
import { Schedules } from './schedules.ts'
import { TaskPool, type TaskWorker } from './task-pool.ts'
import type { Actor, VirtualTime } from '../machines/virtual-time.ts'
import { timestampOf, type Payload, type WorkflowCode } from './workflow-code.ts'
import { WorkflowRun, type RunEnd } from './workflow-run.ts'
import { WorkflowTasks } from './workflow-tasks.ts'

export interface TemporalFaults {
  /** How long a message between the server and a worker or client takes. */
  latencyMs: () => number
  /** Whether a worker's cache has lost a workflow, so that it is replayed from its history. */
  evicts: () => boolean
  /** Whether the end of an activity never reaches the server. */
  losesCompletion: () => boolean
  /** Whether a client never learns what the server has done for it. */
  losesAnswer: () => boolean
  /** The number of events after which a workflow should continue as new. */
  longestHistory: number
}

/** Callbacks for an observer. */
export interface TemporalEvents {
  event: (text: string) => void
  /** An attempt at an activity begins (null) or ends. */
  activity: (actor: Actor, attempt: ActivityAttempt, outcome: ActivityOutcome | null) => void
  /** A task of a workflow failed: its code is not deterministic, or threw where it must not. */
  taskFailure: (run: WorkflowRun, reason: string) => void
  signalled: (run: WorkflowRun) => void
  closed: (run: WorkflowRun) => void
  /** An attempt has neither ended nor sent a heartbeat in time. */
  timedOut: (attempt: ActivityAttempt) => void
}

export interface StartRequest {
  workflowType: string
  workflowId: string
  taskQueue: string
  args: unknown[]
}

/**
 * A model of the Temporal server: it stores histories and timers, gives tasks to workers, and knows nothing
 * about their work. The workflows themselves are the real bundle.
 */
export class TemporalServer {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #faults: TemporalFaults
  readonly #events: TemporalEvents
  readonly #pool: TaskPool
  readonly #activities: ActivityTasks
  readonly #tasks: WorkflowTasks
  /** Open ones. */
  readonly #runs = new Set<WorkflowRun>()
  readonly #current = new Map<string, WorkflowRun>()
  readonly schedules: Schedules

  constructor(parts: {
    time: VirtualTime
    random: Random
    code: WorkflowCode
    faults: TemporalFaults
    events: TemporalEvents
  }) {
    const { time, random, code, faults, events } = parts
    this.#time = time
    this.#random = random
    this.#faults = faults
    this.#events = events
    const pool = new TaskPool(time, random)
    this.#pool = pool
    this.schedules = new Schedules(time, (start) => this.start(start))
    this.#activities = new ActivityTasks({
      time,
      pool,
      faults,
      events,
      addJob: (run, job) => {
        this.#tasks.add(run, job)
      },
    })
    this.#tasks = new WorkflowTasks({
      time,
      pool,
      code,
      faults,
      events,
      activities: this.#activities,
      closed: (run, end, message) => {
        this.#close(run, end, message)
      },
      continues: (run, input) => {
        this.#continue(run, input)
      },
    })
  }

  addWorker(worker: TaskWorker): void {
    this.#pool.add(worker)
  }

  removeWorker(worker: TaskWorker): void {
    this.#pool.remove(worker)
    for (const run of this.#runs) if (run.cachedBy === worker.actor) run.cachedBy = null
  }

  get isAway(): boolean {
    return this.#pool.isAway
  }

  setAway(isAway: boolean): void {
    this.#pool.isAway = isAway
  }

  get longestHistory(): number {
    return this.#faults.longestHistory
  }

  pause(delayMs: number): Promise<void> {
    return this.#time.pause(delayMs)
  }

  /** For a process that tries again. */
  later(delayMs: number, actor: Actor, run: () => unknown): void {
    this.#time.after(delayMs, run, actor)
  }

  get nowMs(): number {
    return this.#time.nowMs
  }

  current(workflowId: string): WorkflowRun | null {
    return this.#current.get(workflowId) ?? null
  }

  running(): WorkflowRun[] {
    return [...this.#runs]
  }

  /** A client's request over the network: it may fail before or after the server has carried it out. */
  async request<Answer>(carryOut: () => Answer): Promise<Answer> {
    await this.#time.pause(this.#faults.latencyMs())
    if (this.isAway) throw new ServiceError('the server does not answer')
    const answer = carryOut()
    const isLost = this.#faults.losesAnswer()
    await this.#time.pause(this.#faults.latencyMs())
    if (isLost) throw new ServiceError('the answer was lost')
    return answer
  }

  /** Starts a workflow, or returns the open run with that id. */
  start({ workflowType, workflowId, taskQueue, args }: StartRequest): WorkflowRun {
    const open = this.#current.get(workflowId)
    if (open?.isOpen === true) return open
    const run = new WorkflowRun({
      workflowId,
      workflowType,
      taskQueue,
      runId: this.#random.uuid(),
      firstRunId: null,
      startedMs: this.#time.nowMs,
      input: args.map((value) => defaultPayloadConverter.toPayload(value)),
    })
    this.#open(run)
    return run
  }

  signalWithStart(request: StartRequest, signalName: string, signalArgs: unknown[]): void {
    const run = this.start(request)
    const input = signalArgs.map((value) => defaultPayloadConverter.toPayload(value))
    run.events += 1
    run.note(input)
    this.#tasks.add(run, { signalWorkflow: { signalName, input, identity: 'client', headers: {} } })
    this.#events.signalled(run)
  }

  cancel(run: WorkflowRun): void {
    if (run.isOpen) this.#tasks.add(run, { cancelWorkflow: { reason: 'an operator' } })
  }

  terminate(run: WorkflowRun): void {
    if (run.isOpen) this.#close(run, 'terminated', null)
  }

  /** Resets a workflow to its beginning: a new run with the same input. */
  reset(run: WorkflowRun): void {
    if (!run.isOpen) return
    const next = this.#successor(run, run.input)
    this.#close(run, 'terminated', null)
    this.#open(next)
  }

  /**
   * Resets a workflow to one of its tasks, which a new run does again, with the history before it. It waits again for the activities and
   * timers that were open then.
   */
  resetTo(run: WorkflowRun, index: number): void {
    const task = run.tasks[index]
    if (!run.isOpen || task === undefined || index === 0) {
      this.reset(run)
      return
    }
    const next = this.#successor(run, run.input, run.originalRunId)
    const jobs = next.continueFrom(run, task, run.tasks.slice(0, index))
    this.#close(run, 'terminated', null)
    this.#runs.add(next)
    this.#current.set(next.workflowId, next)
    this.#events.event(`${next.workflowId} starts at its task ${index + 1}`)
    this.#tasks.resume(next, jobs)
  }

  /** It comes back empty: workers continue with activities for which no workflow waits any more. */
  loseAll(): void {
    this.#activities.epoch++
    for (const run of [...this.#runs]) this.#close(run, 'lost', null)
    this.schedules.loseAll()
    this.#current.clear()
  }

  #open(run: WorkflowRun): void {
    this.#runs.add(run)
    this.#current.set(run.workflowId, run)
    run.note(run.input)
    const { workflowType, workflowId, input, firstRunId, startedMs } = run
    this.#events.event(`${workflowId} starts`)
    this.#tasks.add(run, {
      initializeWorkflow: {
        workflowType,
        workflowId,
        arguments: input,
        firstExecutionRunId: firstRunId,
        attempt: 1,
        startTime: timestampOf(startedMs),
      },
    })
  }

  #continue(run: WorkflowRun, input: Payload[]): void {
    const next = this.#successor(run, input)
    this.#close(run, 'continued', null)
    this.#open(next)
  }

  #successor(run: WorkflowRun, input: Payload[], originalRunId?: string): WorkflowRun {
    const { workflowId, workflowType, taskQueue, firstRunId } = run
    run.continuedBy = new WorkflowRun({
      workflowId,
      workflowType,
      taskQueue,
      firstRunId,
      input,
      runId: this.#random.uuid(),
      startedMs: originalRunId === undefined ? this.#time.nowMs : run.startedMs,
      ...(originalRunId !== undefined && { originalRunId }),
    })
    return run.continuedBy
  }

  #close(run: WorkflowRun, end: RunEnd, message: string | null): void {
    run.end = end
    run.failure = message
    for (const timer of run.timers.values()) timer.isCancelled = true
    run.timers.clear()
    for (const { attempt } of run.activities.values()) attempt?.abandon()
    run.activities.clear()
    this.#events.event(`${run.workflowId} ends: ${end}${message === null ? '' : `, ${message}`}`)
    this.#events.closed(run)
    run.tasks.length = 0
    run.texts.length = 0
    this.#runs.delete(run)
  }
}
