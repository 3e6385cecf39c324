import type { Plan } from '../plans.ts'
import type { Random } from '../random.ts'
import { createRandom, randomUuid, shuffle } from '../random.ts'
import { seedCode } from './seed-codes.ts'
import { timePicker } from './seed-times.ts'
import { visitorPicker } from './seed-visitors.ts'
import type { Store } from '../store/store.ts'
import { dayMs } from '../timestamps.ts'

export interface SeedOptions {
  plan?: Plan
  /** The number of QR codes. */
  codes?: number
  /** The number of scans over all codes. */
  scans?: number
  /** The number of days before `now` over which they are spread. */
  days?: number
  /** The same seed and the same `now` make the same account. */
  seed?: number
  /** Milliseconds since the epoch. */
  now: number
}

export const seedDefaults = { plan: 'advanced', codes: 250, scans: 20_000, days: 90, seed: 1 } as const

// This share of the scans that are not their day's first comes from a new visitor.
const newVisitorShare = 0.82

/**
 * Fills a store with an account whose codes are scanned realistically: a few of them most of the time (Zipf),
 * more by day than by night. Returns the account's id.
 */
export function seedAccount(store: Store, options: SeedOptions): string {
  const { plan, codes, scans, days, seed, now } = { ...seedDefaults, ...options }
  const random = createRandom(seed)
  const from = now - days * dayMs
  return store.transaction(() => {
    const accountId = randomUuid(random)
    store.accounts.insert({ id: accountId, email: 'demo@example.com', plan, createdAt: from - 365 * dayMs })
    const numbers = Array.from({ length: codes }, (_, index) =>
      store.qrCodes.insert(seedCode(random, accountId, index, from)),
    )
    const drawTime = timePicker(random, from, now)
    const drawVisitor = createVisitors(store, random)
    shuffle(random, numbers).forEach((code, rank) => {
      seedScans(store, random, code, zipfShare(rank, codes, scans), drawTime, drawVisitor)
    })
    return accountId
  })
}

/**
 * Returns how many of `scans` belong to the code of a rank, from 0, in proportion to 1 / (rank + 1). Sums are
 * rounded, not shares, so that the total is exactly `scans`.
 */
export function zipfShare(rank: number, codes: number, scans: number): number {
  const whole = harmonic(codes)
  return Math.round((scans * harmonic(rank + 1)) / whole) - Math.round((scans * harmonic(rank)) / whole)
}

function harmonic(n: number): number {
  let sum = 0
  for (let i = 1; i <= n; i++) sum += 1 / i
  return sum
}

function seedScans(
  store: Store,
  random: Random,
  code: number,
  count: number,
  drawTime: () => number,
  drawVisitor: () => { client: number; place: number },
): void {
  if (count === 0) return
  // In order, because rows at the end of a table are the cheapest to write.
  const times = Float64Array.from({ length: count }, drawTime).sort()
  let day = -1
  for (const scannedAt of times) {
    const isFirstOfDay = Math.floor(scannedAt / dayMs) !== day
    day = Math.floor(scannedAt / dayMs)
    store.scans.insert({
      id: randomUuid(random),
      code,
      scannedAt,
      ...drawVisitor(),
      isUnique: isFirstOfDay || random.next() < newVisitorShare,
    })
  }
  store.qrCodes.addScans(code, count, times[count - 1] ?? 0)
}

function createVisitors(store: Store, random: Random): () => { client: number; place: number } {
  const draw = visitorPicker(random)
  return () => {
    const { client, place } = draw()
    return { client: store.scans.clientId(client), place: store.scans.placeId(place) }
  }
}
