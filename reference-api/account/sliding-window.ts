/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices stay inside their arrays by construction */
/** Times inside a window that ends now. Adding one, and counting them, takes constant time. */
export class SlidingWindow {
  readonly #lengthMs: number
  #times = new Float64Array(64)
  #first = 0
  #size = 0

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  add(at: number): void {
    if (this.#size === this.#times.length) this.#grow()
    this.#times[(this.#first + this.#size) & (this.#times.length - 1)] = at
    this.#size += 1
  }

  /** Counts the times in the window that ends at `now`; a time leaves it exactly one window length later. */
  count(now: number): number {
    while (this.#size > 0 && this.#times[this.#first]! <= now - this.#lengthMs) {
      this.#first = (this.#first + 1) & (this.#times.length - 1)
      this.#size -= 1
    }
    return this.#size
  }

  /**
   * Returns when the count, if nothing is added, falls below `limit`, which is at least 1 and at most the
   * count.
   */
  fallsBelow(limit: number): number {
    const leaving = this.#size - limit
    return this.#times[(this.#first + leaving) & (this.#times.length - 1)]! + this.#lengthMs
  }

  // The length stays a power of two, so that a mask computes the ring's indices.
  #grow(): void {
    const larger = new Float64Array(this.#times.length * 2)
    for (let i = 0; i < this.#size; i++) {
      larger[i] = this.#times[(this.#first + i) & (this.#times.length - 1)]!
    }
    this.#times = larger
    this.#first = 0
  }
}
