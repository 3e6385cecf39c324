import { fetchRule } from '../../src/budget/price/fetch-rule.ts'
import { dayShapeOf, type DayShape } from '../../src/budget/day-shape.ts'
import type { Outcome } from './outcome.ts'
import { countBelow, hourMs, type World } from './world.ts'

const rowsPerPage = 100
const listPages = 3

interface Run extends Outcome {
  total: number
}

/** The ledger of a peer that fetches codes with their own cursors, everything new with each fetch. */
class Ledger {
  readonly lagsMs: number[] = []
  readonly calls: Record<string, number> = {}
  total = 0
  readonly #landed: number[]
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    this.#landed = world.scans.map(() => 0)
  }

  count(endpoint: string, calls = 1): void {
    this.calls[endpoint] = (this.calls[endpoint] ?? 0) + calls
    this.total += calls
  }

  /** Counts the scans of a code that were made by a time and have not landed. */
  waiting(code: number, atMs: number): number {
    return countBelow(this.#world.scans[code] ?? [], atMs) - (this.#landed[code] ?? 0)
  }

  fetch(code: number, atMs: number): void {
    const rows = this.land(code, atMs)
    // The cursor is inclusive: one row is known already.
    this.count('GET /qr-codes/{id}/scans', Math.max(Math.ceil((rows + 1) / rowsPerPage), 1))
  }

  land(code: number, atMs: number): number {
    const times = this.#world.scans[code] ?? []
    const from = this.#landed[code] ?? 0
    const upTo = countBelow(times, atMs)
    for (let at = from; at < upTo; at++) this.lagsMs.push(atMs - (times[at] ?? atMs))
    this.#landed[code] = Math.max(upTo, from)
    return upTo - from
  }

  end(): Run {
    this.#world.scans.forEach((_, code) => this.land(code, this.#world.endMs))
    const { lagsMs, calls, total } = this
    return { lagsMs, calls, total, beyond: 0 }
  }
}

/** Finds the smallest value whose run stays within the budget; runs with larger ones make fewer calls. */
function bestWithin(budget: number, low: number, high: number, run: (value: number) => Run): Run {
  for (let round = 0; round < 40; round++) {
    const middle = Math.sqrt(low * high)
    if (run(middle).total <= budget) high = middle
    else low = middle
  }
  return run(high)
}

/**
 * The usual strategy of other systems: code after code, each with an incremental cursor, as fast as the budget
 * allows.
 */
export function runRoundRobin(world: World, budget: number, hasAnalytics: boolean): Outcome {
  return bestWithin(budget, 1e-3 * hourMs, 100 * hourMs, (stepMs) => {
    const ledger = new Ledger(world)
    let code = 0
    for (let atMs = world.startMs; atMs < world.endMs; atMs += stepMs) {
      ledger.fetch(code, atMs)
      if (hasAnalytics) ledger.count('GET /qr-codes/{id}/analytics')
      code = (code + 1) % world.scans.length
    }
    return ledger.end()
  })
}

/** A good engineer's strategy: lists all pages at intervals and fetches each code whose count has changed. */
export function runScript(world: World, budget: number, hasAnalytics: boolean): Outcome {
  return bestWithin(budget, 0.01 * hourMs, 720 * hourMs, (intervalMs) => {
    const ledger = new Ledger(world)
    for (let atMs = world.startMs + intervalMs; atMs < world.endMs; atMs += intervalMs) {
      ledger.count('GET /qr-codes', listPages)
      world.scans.forEach((_, code) => {
        if (ledger.waiting(code, atMs) === 0) return
        ledger.fetch(code, atMs)
        if (hasAnalytics) ledger.count('GET /qr-codes/{id}/analytics')
      })
    }
    return ledger.end()
  })
}

/**
 * Learns about each scan at once and for free, and fetches a code when the total waiting time of its scans is
 * worth a call. It does not know future scans.
 */
export function runClairvoyant(world: World, budget: number): Outcome {
  return bestWithin(budget, 1e-4, 1e5, (price) => {
    const ledger = new Ledger(world)
    world.scans.forEach((times, code) => {
      let waitedHours = 0
      let lastMs = world.startMs
      for (const timeMs of [...times, world.endMs]) {
        const waiting = ledger.waiting(code, timeMs)
        const dueMs = lastMs + ((price - waitedHours) / waiting) * hourMs
        if (waiting > 0 && dueMs <= timeMs) ledger.fetch(code, dueMs)
        else if (waiting >= rowsPerPage - 1) ledger.fetch(code, timeMs)
        waitedHours =
          ledger.waiting(code, timeMs) === 0 ? 0 : waitedHours + (waiting * (timeMs - lastMs)) / hourMs
        lastMs = timeMs
      }
    })
    return ledger.end()
  })
}

/**
 * A lower bound: like the clairvoyant, but with the best rule for somebody who knows every code's true rate and
 * the day's true shape: the thresholds of the planner's own dynamic program.
 */
export function runOptimal(world: World, budget: number, shape: DayShape): Outcome {
  const hours = (world.endMs - world.startMs) / hourMs
  return bestWithin(budget, 1e-4, 1e5, (price) => {
    const ledger = new Ledger(world)
    world.scans.forEach((times, code) => {
      const ratePerHour = Math.max(times.length, 0.5) / hours
      const { thresholds } = fetchRule({ ratePerHour, price, kind: 'told', shape })
      let next = 0
      for (let hour = 0; hour < hours; hour++) {
        const threshold = thresholds[hour % 24] ?? 1
        const startMs = world.startMs + hour * hourMs
        // The hour begins with its own threshold; after that, only scans change anything.
        if (ledger.waiting(code, startMs) >= threshold) ledger.fetch(code, startMs)
        for (; (times[next] ?? Infinity) < startMs + hourMs; next++) {
          const justAfterMs = (times[next] ?? 0) + 1
          if (ledger.waiting(code, justAfterMs) >= threshold) ledger.fetch(code, justAfterMs)
        }
      }
    })
    return ledger.end()
  })
}

export function trueShape(world: World): DayShape {
  const counts = Array.from({ length: 24 }, () => 0)
  for (const times of world.scans) {
    for (const time of times) {
      const hour = Math.floor((time % (24 * hourMs)) / hourMs)
      counts[hour] = (counts[hour] ?? 0) + 1
    }
  }
  return dayShapeOf(counts)
}
