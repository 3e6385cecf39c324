import type { Random } from '../machines/random.ts'
import type { Scheduled } from '../machines/event-queue.ts'
import type { ActivityAttempt, ActivityOutcome } from './activity-attempt.ts'
import type { Actor, VirtualTime } from '../machines/virtual-time.ts'

/** What a worker does for the server. */
export interface TaskWorker {
  actor: Actor
  /** Runs an activity to its end, and sends heartbeats to the attempt. */
  execute(attempt: ActivityAttempt): Promise<ActivityOutcome>
}

/** The workers that poll a server for tasks, and the tasks that wait for one of them. */
export class TaskPool {
  /** Whether the server does not answer. */
  isAway = false
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #workers: TaskWorker[] = []
  #waiting: (() => unknown)[] = []

  constructor(time: VirtualTime, random: Random) {
    this.#time = time
    this.#random = random
  }

  add(worker: TaskWorker): void {
    this.#workers.push(worker)
    const waiting = this.#waiting
    this.#waiting = []
    for (const task of waiting) this.world(0, task)
  }

  remove(worker: TaskWorker): void {
    const at = this.#workers.indexOf(worker)
    if (at >= 0) this.#workers.splice(at, 1)
  }

  alive(): TaskWorker[] {
    return this.#workers.filter(({ actor }) => actor.isAlive)
  }

  /** Workers that would accept a task now. */
  able(): TaskWorker[] {
    return this.alive().filter(({ actor }) => actor.frozenUntilMs <= this.#time.nowMs)
  }

  any(workers: readonly TaskWorker[]): TaskWorker {
    return this.#random.pick(workers)
  }

  /** Hands out a task once there is a worker for it. */
  whenThere(task: () => unknown): void {
    if (this.isAway || this.alive().length > 0) this.world(1_000, task)
    else this.#waiting.push(task)
  }

  /** The server's own time, which continues whatever happens to workers. */
  world(delayMs: number, run: () => unknown): Scheduled {
    return this.#time.after(delayMs, run, null)
  }
}
