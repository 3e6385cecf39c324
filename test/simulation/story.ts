import { createHash, type Hash } from 'node:crypto'
import type { VirtualTime } from './machines/virtual-time.ts'

/** What happened in a run, line by line: time, actor, event. The same seed has the same story. */
export class Story {
  readonly #time: VirtualTime
  readonly #kept: number
  readonly #hash: Hash = createHash('sha256')
  readonly #lines: string[] = []
  readonly #hidden: string[] = []

  /** @param kept how many lines are kept for a reader; all count for the hash */
  constructor(time: VirtualTime, kept: number) {
    this.#time = time
    this.#kept = kept
  }

  /** Leaves out a text that differs in each run, such as the name of a temporary folder. */
  hide(text: string): void {
    this.#hidden.push(text)
  }

  tell(actor: string, told: string): void {
    const event = this.#hidden.reduce((text, hidden) => text.replaceAll(hidden, ''), told)
    const line = `${new Date(this.#time.nowMs).toISOString()}  ${actor.padEnd(12)}  ${event}`
    this.#hash.update(`${line}\n`)
    this.#lines.push(line)
    if (this.#lines.length > 2 * this.#kept) this.#lines.splice(0, this.#lines.length - this.#kept)
  }

  lines(): string[] {
    return this.#lines.slice(-this.#kept)
  }

  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}
