import { AsyncLocalStorage } from 'node:async_hooks'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import { EventQueue, type Scheduled } from './event-queue.ts'
import type { Random } from './random.ts'

/** A process of the simulated world. Its code sees its own clock, and stops once the process has crashed. */
export interface Actor {
  readonly name: string
  isAlive: boolean
  /** How far its clock is ahead of the true time. */
  clockAheadMs: number
  /** It is frozen until then (true time): whatever it waits for comes later. */
  frozenUntilMs: number
}

const RealDate = Date
const realImmediate = setImmediate

/**
 * The time of the simulated world. Nothing happens between two events. An event's code runs until it waits for
 * something, which is another event. While installed, the clocks, timers and random numbers of this process are
 * the world's, so that the connector's own code runs in it unchanged, the same way each time.
 */
export class VirtualTime {
  readonly #queue = new EventQueue()
  readonly #actors = new AsyncLocalStorage<Actor>()
  readonly #random: Random
  readonly #startMs: number
  #nowMs: number
  #held = 0
  #onReleased: () => void = () => undefined
  /** Events that have happened. */
  steps = 0
  /** A failure of code that nobody waits for: the run cannot continue. */
  defect: unknown = null

  constructor(startMs: number, random: Random) {
    this.#startMs = startMs
    this.#nowMs = startMs
    this.#random = random
  }

  /** The true time, which an actor's clock need not show. */
  get nowMs(): number {
    return this.#nowMs
  }

  /**
   * Makes an actor do something after a while, unless it has crashed by then. Without an actor, the world
   * itself does it.
   */
  after(delayMs: number, run: () => unknown, actor: Actor | null = this.actor()): Scheduled {
    return this.#queue.add(this.#nowMs + Math.max(delayMs, 0), run, actor)
  }

  /** Lets the current actor wait. If it crashes meanwhile, the promise never settles. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve)
    })
  }

  /** Stops time until this work is done, because it takes real time: a file, a thread, a sandbox. */
  async hold<Result>(work: Promise<Result>): Promise<Result> {
    this.#held++
    try {
      return await work
    } finally {
      this.#held--
      if (this.#held === 0) this.#onReleased()
    }
  }

  actor(): Actor | null {
    return this.#actors.getStore() ?? null
  }

  /** Runs the world until a time, or until `hasEnough`. */
  async runUntil(endMs: number, hasEnough: () => boolean = () => false): Promise<void> {
    while (!hasEnough()) {
      const event = this.#queue.next(endMs)
      if (event === null) {
        this.#nowMs = endMs
        return
      }
      const { actor } = event
      if (actor !== null && !actor.isAlive) continue
      if (actor !== null && actor.frozenUntilMs > event.atMs) {
        this.#queue.postpone(event, actor.frozenUntilMs)
        continue
      }
      this.#nowMs = Math.max(this.#nowMs, event.atMs)
      this.steps++
      if (actor === null) event.run()
      else this.#actors.run(actor, event.run)
      // Everything that this event's code does without waiting is done before the next event.
      await new Promise(realImmediate)
      while (this.#held > 0) {
        await new Promise<void>((resolve) => {
          this.#onReleased = resolve
        })
        await new Promise(realImmediate)
      }
      if (this.defect !== null) throw this.defect as Error
    }
  }

  /** Replaces the real time by the world's. @returns what undoes that */
  install(): Disposable {
    const undo = new DisposableStack()
    const replace = (owner: object, name: string, value: unknown) => {
      const before: unknown = Reflect.get(owner, name)
      Reflect.set(owner, name, value)
      undo.defer(() => Reflect.set(owner, name, before))
    }
    const now = () => Math.floor(this.#nowMs + (this.actor()?.clockAheadMs ?? 0))
    replace(globalThis, 'Date', dateWith(now))
    replace(performance, 'now', () => this.#nowMs - this.#startMs)
    replace(globalThis, 'setTimeout', this.#setTimeout)
    replace(globalThis, 'setInterval', this.#setInterval)
    replace(globalThis, 'clearTimeout', cancel)
    replace(globalThis, 'clearInterval', cancel)
    replace(AbortSignal, 'timeout', this.#abortAfter)
    replace(timersPromises, 'setTimeout', (ms: number, value: unknown) => this.pause(ms).then(() => value))
    replace(Math, 'random', () => this.#random.next())
    replace(crypto, 'randomUUID', () => this.#random.uuid())
    syncBuiltinESMExports()
    const onDefect = (error: unknown) => {
      this.defect ??= error
    }
    process.on('unhandledRejection', onDefect)
    undo.defer(() => {
      process.off('unhandledRejection', onDefect)
      queueMicrotask(syncBuiltinESMExports)
    })
    return undo
  }

  #setTimeout = (run: (...given: unknown[]) => unknown, ms = 0, ...given: unknown[]): Timer => {
    return new Timer(this.after(ms, () => run(...given)))
  }

  #setInterval = (run: (...given: unknown[]) => unknown, ms = 0, ...given: unknown[]): Timer => {
    const timer = new Timer(null)
    const next = () => {
      timer.scheduled = this.after(ms, () => {
        next()
        run(...given)
      })
    }
    next()
    return timer
  }

  #abortAfter = (ms: number): AbortSignal => {
    const controller = new AbortController()
    this.after(ms, () => {
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    })
    return controller.signal
  }
}

/** The part of Node's timers that libraries use. */
class Timer {
  scheduled: Scheduled | null
  constructor(scheduled: Scheduled | null) {
    this.scheduled = scheduled
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  hasRef(): boolean {
    return false
  }
}

function cancel(timer: unknown): void {
  if (timer instanceof Timer && timer.scheduled !== null) timer.scheduled.isCancelled = true
}

function dateWith(now: () => number): DateConstructor {
  return new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  })
}
