import type { Scheduled } from '../machines/event-queue.ts'
import type { StartRequest } from './temporal-server.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'
import type { WorkflowRun } from './workflow-run.ts'

interface Schedule {
  everyMs: number
  start: StartRequest
  isPaused: boolean
  next: Scheduled
  /** The last run that it has started. */
  last: WorkflowRun | null
}

/** A server's Schedules with intervals. They count from 1970; a run is skipped while the one before is open. */
export class Schedules {
  readonly #time: VirtualTime
  readonly #start: (start: StartRequest) => WorkflowRun
  readonly #schedules = new Map<string, Schedule>()

  constructor(time: VirtualTime, start: (start: StartRequest) => WorkflowRun) {
    this.#time = time
    this.#start = start
  }

  has(id: string): boolean {
    return this.#schedules.has(id)
  }

  set(id: string, start: StartRequest, everyMs: number): void {
    const before = this.#schedules.get(id)
    if (before !== undefined) before.next.isCancelled = true
    const schedule: Schedule = {
      everyMs,
      start,
      isPaused: before?.isPaused ?? false,
      next: this.#time.after(0, () => undefined, null),
      last: before?.last ?? null,
    }
    this.#schedules.set(id, schedule)
    this.#planNext(schedule)
  }

  setPaused(id: string, isPaused: boolean): void {
    const schedule = this.#schedules.get(id)
    if (schedule !== undefined) schedule.isPaused = isPaused
  }

  /** Starts a run now, unless one is open. */
  trigger(id: string): void {
    const schedule = this.#schedules.get(id)
    if (schedule !== undefined) this.#run(schedule)
  }

  loseAll(): void {
    for (const { next } of this.#schedules.values()) next.isCancelled = true
    this.#schedules.clear()
  }

  #planNext(schedule: Schedule): void {
    const { everyMs } = schedule
    const nextMs = (Math.floor(this.#time.nowMs / everyMs) + 1) * everyMs
    const tick = () => {
      if (!schedule.isPaused) this.#run(schedule)
      this.#planNext(schedule)
    }
    schedule.next = this.#time.after(nextMs - this.#time.nowMs, tick, null)
  }

  #run(schedule: Schedule): void {
    const { start } = schedule
    while (schedule.last?.continuedBy) schedule.last = schedule.last.continuedBy
    if (schedule.last?.isOpen === true) return
    const workflowId = `${start.workflowId}-${new Date(this.#time.nowMs).toISOString()}`
    schedule.last = this.#start({ ...start, workflowId })
  }
}
