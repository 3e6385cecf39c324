/** What was read is told again for at least this long, however many ask. */
const shortestMs = 2_000
/** What takes long to read is kept longer, so that open pages cost a twentieth of a core at most, but never for longer than this. */
const timesReading = 20
const longestMs = 30_000
const mostKept = 200

interface Kept {
  value: Promise<unknown>
  untilMs: number
}

/**
 * Keeps what was read for a moment: ten readers cost as much as one. What fails is told to those who wait for it, and not kept.
 */
export class Keeper {
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number
  readonly #timesReading: number

  /** @param isWorking whether reading takes a processor; where it only waits for somebody else's answer, it is not kept for longer */
  constructor({ isWorking = true, now = () => performance.now() } = {}) {
    this.#now = now
    this.#timesReading = isWorking ? timesReading : 0
  }

  /** What was read is no longer true. */
  forget(key: string): void {
    this.#kept.delete(key)
  }

  async read<Value>(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.#kept.get(key)
    if (known !== undefined && this.#now() < known.untilMs) return known.value as Promise<Value>
    const startedMs = this.#now()
    // Until it is read, whoever asks waits for the same.
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
