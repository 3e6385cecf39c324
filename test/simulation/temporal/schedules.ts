import type { Scheduled } from '../machines/event-queue.ts'
import { dayMs } from '../durations.ts'
import { nextCronMs } from './next-cron.ts'
import type { StartRequest } from './temporal-server.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'
import type { WorkflowRun } from './workflow-run.ts'

/** When runs start: an interval, which counts from 1970, or a cron expression. */
export type ScheduleTimes = { everyMs: number } | { cron: string; timeZone: string }

interface Schedule {
  times: ScheduleTimes
  start: StartRequest
  isPaused: boolean
  next: Scheduled
  /** The last run that it has started. */
  last: WorkflowRun | null
}

/** A schedule with no time soon looks again after this time. */
const looksAgainMs = dayMs

/** A server's Schedules. A run is skipped while the one before is open. */
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

  set(id: string, start: StartRequest, times: ScheduleTimes): void {
    const before = this.#schedules.get(id)
    if (before !== undefined) before.next.isCancelled = true
    const schedule: Schedule = {
      times,
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

  hasTimes(id: string, times: ScheduleTimes): boolean {
    return JSON.stringify(this.#schedules.get(id)?.times) === JSON.stringify(times)
  }

  /** When the next run starts; null if that is not soon. */
  nextRunMs(id: string): number | null {
    const schedule = this.#schedules.get(id)
    return schedule === undefined ? null : nextOf(schedule.times, this.#time.nowMs)
  }

  #planNext(schedule: Schedule): void {
    const { nowMs } = this.#time
    const nextMs = nextOf(schedule.times, nowMs)
    if (nextMs === null) {
      const look = () => {
        this.#planNext(schedule)
      }
      schedule.next = this.#time.after(looksAgainMs, look, null)
      return
    }
    const tick = () => {
      if (!schedule.isPaused) this.#run(schedule)
      this.#planNext(schedule)
    }
    schedule.next = this.#time.after(nextMs - nowMs, tick, null)
  }

  #run(schedule: Schedule): void {
    const { start } = schedule
    while (schedule.last?.continuedBy) schedule.last = schedule.last.continuedBy
    if (schedule.last?.isOpen === true) return
    const workflowId = `${start.workflowId}-${new Date(this.#time.nowMs).toISOString()}`
    schedule.last = this.#start({ ...start, workflowId })
  }
}

function nextOf(times: ScheduleTimes, nowMs: number): number | null {
  if ('cron' in times) return nextCronMs(times.cron, times.timeZone, nowMs)
  return (Math.floor(nowMs / times.everyMs) + 1) * times.everyMs
}
