/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices stay inside their arrays by construction */
/** A generator of pseudo-random numbers that repeats itself for the same seed: not for secrets. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number
  /** A whole number of 32 bits, not negative. */
  uint32(): number
}

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, fast in plain JavaScript. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = seed | 0
  let counter = 1
  function uint32(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  // The first numbers still resemble the seed.
  for (let i = 0; i < 16; i++) uint32()
  return { uint32, next: () => uint32() / 2 ** 32 }
}

export function integerBetween(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1))
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)]!
}

/** Returns a function that picks items in proportion to their weights. */
export function weightedPicker<T>(random: Random, items: readonly (readonly [T, number])[]): () => T {
  const bounds: number[] = []
  let sum = 0
  for (const [, weight] of items) bounds.push((sum += weight))
  return () => {
    const drawn = random.next() * sum
    return items[firstAbove(bounds, drawn)]![0]
  }
}

/** Returns the index of the first bound above `value`, in ascending bounds; the last index if there is none. */
export function firstAbove(bounds: ArrayLike<number>, value: number): number {
  let low = 0
  let high = bounds.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bounds[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Returns an id in the format of UUID version 4. */
export function randomUuid(random: Random): string {
  const [a, b, c, d] = [random.uint32(), random.uint32(), random.uint32(), random.uint32()]
  const version = (b & 0xffff0fff) | 0x00004000
  const variant = (c & 0x3fffffff) | 0x80000000
  return `${hex8(a)}-${hex4(version >>> 16)}-${hex4(version)}-${hex4(variant >>> 16)}-${hex4(variant)}${hex8(d)}`
}

function hex4(value: number): string {
  return hex[(value >>> 8) & 255]! + hex[value & 255]!
}

function hex8(value: number): string {
  return hex4(value >>> 16) + hex4(value)
}

/** Shuffles in place. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}
