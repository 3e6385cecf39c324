import type { DayShape } from '../day-shape.ts'

export interface RuleOutcome {
  callsPerHour: number
  /** Waiting scans, on average. */
  waiting: number
}

export interface RuleToJudge {
  /** The number of waiting scans that makes a call worth it, by hour of the UTC day. */
  thresholds: readonly number[]
  ratePerHour: number
  shape: DayShape
  /** The approximate time from one call to the next. */
  cycleHours: number
}

const hoursPerDay = 24

/** Computes the outcome of a rule if the number of waiting scans grows evenly within each hour. */
export function expectedOutcome({ thresholds, ratePerHour, shape, cycleHours }: RuleToJudge): RuleOutcome {
  // What is cut off at the end is at most one call.
  const hours = wholeDays(20 * cycleHours)
  let calls = 0
  let waiting = 0
  let waited = 0
  for (let hour = 0; hour < hours; hour++) {
    const threshold = thresholds[hour % hoursPerDay] ?? Infinity
    const arrivals = ratePerHour * (shape.weights[hour % hoursPerDay] ?? 1)
    // A threshold below that of the previous hour may be passed already.
    if (waiting >= threshold) {
      calls++
      waiting = 0
    }
    let rest = 1
    while (waiting + arrivals * rest >= threshold) {
      const part = (threshold - waiting) / arrivals
      waited += ((waiting + threshold) / 2) * part
      rest -= part
      calls++
      waiting = 0
    }
    waited += (waiting + (arrivals * rest) / 2) * rest
    waiting += arrivals * rest
  }
  return { callsPerHour: calls / hours, waiting: waited / hours }
}

/**
 * Computes the outcome of a rule if scans arrive at random, one by one: the chances of each waiting number,
 * hour by hour.
 */
export function toldOutcome({ thresholds, ratePerHour, shape, cycleHours }: RuleToJudge): RuleOutcome {
  const whole = thresholds.map((threshold) => Math.ceil(threshold - 1e-9))
  const arrivals = shape.weights.map((weight) => chancesOfArrivals(ratePerHour * weight))
  let chances = new Float64Array(Math.max(...whole))
  let next = new Float64Array(chances.length)
  chances[0] = 1
  let calls = 0
  let waited = 0
  // Chance soon hides at which hour it began.
  const hoursBefore = wholeDays(2 * cycleHours)
  const hours = wholeDays(6 * cycleHours)
  for (let hour = -hoursBefore; hour < hours; hour++) {
    if (hour === 0) calls = waited = 0
    const ofDay = (hour + hoursBefore) % hoursPerDay
    const threshold = whole[ofDay] ?? 1
    const ofArrivals = arrivals[ofDay] ?? []
    next.fill(0)
    for (let before = 0; before < chances.length; before++) {
      const chance = chances[before] ?? 0
      if (chance === 0) continue
      const isPassed = before >= threshold
      const from = isPassed ? 0 : before
      if (isPassed) calls += chance
      // For scans that arrive one after the other: the number waiting now, and the sum of the numbers between
      // arrivals.
      let waiting = from
      let sum = 0
      let made = 0
      for (let come = 0; come < ofArrivals.length; come++) {
        const share = chance * (ofArrivals[come] ?? 0)
        sum += waiting
        next[waiting] = (next[waiting] ?? 0) + share
        calls += share * made
        waited += (share * sum) / (come + 1)
        if (++waiting >= threshold) {
          waiting = 0
          made++
        }
      }
    }
    ;[chances, next] = [next, chances]
  }
  return { callsPerHour: calls / hours, waiting: waited / hours }
}

const wholeDays = (hours: number) => hoursPerDay * Math.ceil(hours / hoursPerDay)

/** Returns the chances of 0, 1, … arrivals for a mean, if each arrives independently (Poisson). */
export function chancesOfArrivals(mean: number): number[] {
  const chances: number[] = []
  let chance = Math.exp(-mean)
  let rest = 1
  while (rest > 1e-4) {
    chances.push(chance)
    rest -= chance
    chance *= mean / chances.length
  }
  return [...chances, rest]
}
