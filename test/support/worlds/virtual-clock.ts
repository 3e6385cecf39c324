import type { Clock } from '../../../activities/deps.ts'

/** Something that happens in the world at its time, whether anybody checks or not. */
export interface Happening {
  atMs: number
  happen: () => unknown
}

/**
 * The time of a server that skips, for code that does not get it from the server. It continues in real time
 * from wherever it was last set. Everything in between happens then, each at its own time and in order.
 */
export class VirtualClock implements Clock {
  readonly #happenings: Happening[] = []
  #setToMs: number
  #setAtMs = performance.now()

  constructor(startMs: number) {
    this.#setToMs = startMs
  }

  now = () => Math.floor(this.#setToMs + performance.now() - this.#setAtMs)

  sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

  at(atMs: number, happen: Happening['happen']): void {
    this.#happenings.push({ atMs, happen })
    this.#happenings.sort((a, b) => a.atMs - b.atMs)
  }

  async moveTo(timeMs: number): Promise<void> {
    for (
      let [next] = this.#happenings;
      next !== undefined && next.atMs <= timeMs;
      [next] = this.#happenings
    ) {
      this.#happenings.shift()
      this.#set(next.atMs)
      await next.happen()
    }
    this.#set(timeMs)
  }

  #set(timeMs: number): void {
    this.#setToMs = timeMs
    this.#setAtMs = performance.now()
  }
}
