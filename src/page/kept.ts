/** A result is reused for at least this long, however many readers ask. */
const shortestMs = 2_000
/**
 * A result that takes long to compute is reused for longer, so that open pages use at most a twentieth of a
 * core, but never for longer than this.
 */
const timesReading = 20
const longestMs = 30_000
const mostKept = 200

interface Kept {
  value: Promise<unknown>
  untilMs: number
}

/**
 * Reuses results for a moment, so that ten readers cost as much as one. An error goes to the readers who wait
 * for the result, and is not reused.
 */
export class Keeper {
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number
  readonly #timesReading: number

  /**
   * @param isWorking whether reading uses a processor; if it only waits for another server, the result is not
   *   reused for longer
   */
  constructor({ isWorking = true, now = () => performance.now() } = {}) {
    this.#now = now
    this.#timesReading = isWorking ? timesReading : 0
  }

  /** Drops a result that has become outdated. */
  forget(key: string): void {
    this.#kept.delete(key)
  }

  async read<Value>(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.#kept.get(key)
    if (known !== undefined && this.#now() < known.untilMs) return known.value as Promise<Value>
    const startedMs = this.#now()
    // Until the result is there, every reader waits for the same one.
    const entry: Kept = { value: read(), untilMs: Infinity }
    this.#kept.delete(key)
    this.#kept.set(key, entry)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
    try {
      const value = await (entry.value as Promise<Value>)
      const tookMs = this.#now() - startedMs
      entry.untilMs = this.#now() + Math.min(Math.max(shortestMs, tookMs * this.#timesReading), longestMs)
      return value
    } catch (error) {
      if (this.#kept.get(key) === entry) this.#kept.delete(key)
      throw error
    }
  }
}
