import { randomFrom } from '../../support/random-from.ts'

/**
 * Random numbers of one seed. Each part of the world has its own stream, so that one part does not change
 * another's.
 */
export class Random {
  readonly #seed: number
  readonly #next: () => number

  constructor(seed: number) {
    this.#seed = seed
    this.#next = randomFrom(seed)
  }

  /** A stream of the same seed that depends only on its name. */
  of(name: string): Random {
    let mixed = this.#seed | 0
    for (const character of name) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193)
    return new Random(mixed)
  }

  /** In [0, 1). */
  next(): number {
    return this.#next()
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1))
  }

  /** A whole number whose magnitude varies: as often between 1 and 10 as between 10 and 100. */
  spread(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.#next())
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#next() * items.length)] as Item
  }

  /** Picks from a list, the first items most often: a few codes have most of the scans. */
  pickSkewed<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#next() ** 3 * items.length)] as Item
  }

  uuid(): string {
    const hex = (digits: number) =>
      Math.floor(this.#next() * 16 ** digits)
        .toString(16)
        .padStart(digits, '0')
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`
  }
}
