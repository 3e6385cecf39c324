import { evenDay, type DayShape } from '../day-shape.ts'
import { chancesOfArrivals, expectedOutcome, toldOutcome, type RuleOutcome } from './rule-outcome.ts'

/** When a source is worth a call at one price, and the resulting calls and waiting. */
export interface FetchRule extends RuleOutcome {
  /** The number of waiting scans that makes a call worth it, by hour of the UTC day. */
  thresholds: readonly number[]
}

/**
 * What waits. `told`: scans that are reported one by one. `expected`: scans that are only expected, and so grow
 * evenly. `_whole`: one call fetches all of it, however much there is (analytics; the list).
 */
export type WaitingKind = 'told' | 'expected' | 'told_whole' | 'expected_whole'

export interface FetchRuleInput {
  ratePerHour: number
  /** The price of a call: scans times hours of waiting. */
  price: number
  kind: WaitingKind
  shape: DayShape
}

/**
 * A page holds 100 scans, of which one is known already (the cursor is inclusive). With this many, waiting for
 * more does not make a call more worthwhile. Expected scans may turn out to be more.
 */
export const rowsPerCall = 99
const mostPerCall: Record<WaitingKind, number> = {
  told: rowsPerCall,
  expected: 92,
  told_whole: Infinity,
  expected_whole: Infinity,
}
const isTold = (kind: WaitingKind) => kind === 'told' || kind === 'told_whole'

/**
 * Computes the rule by optimal stopping: scans arrive at a rate, each costs an hour for every hour of waiting,
 * and a call costs `price` and ends the waiting of all. At an even rate, the best time to call is when √(2 ·
 * price · rate) scans wait (half a scan earlier if each is reported, and at the first scan if that is less than
 * one).
 *
 * If a cycle is neither much shorter nor much longer than a day, the hour matters: in the evening, scans would
 * wait until the morning for others, so fewer are worth a call. Then a dynamic program computes the thresholds.
 */
export function fetchRule(input: FetchRuleInput): FetchRule {
  const { ratePerHour, price, kind } = input
  const even = evenThreshold(ratePerHour, price, kind)
  const cycleHours = even / ratePerHour
  if (cycleHours < 2) return evenRule(input, input.shape.weights)
  if (cycleHours > 96) return evenRule(input, evenDay.weights)
  return programmed(input, even)
}

/** Returns the outcome of a rule if all hours were alike: close to the true one, and quick to compute. */
export function roughOutcome({ ratePerHour, price, kind }: Omit<FetchRuleInput, 'shape'>): RuleOutcome {
  const threshold = evenThreshold(ratePerHour, price, kind)
  const whole = isTold(kind) ? Math.ceil(threshold) : threshold
  return { callsPerHour: ratePerHour / whole, waiting: (isTold(kind) ? whole - 1 : whole) / 2 }
}

function evenThreshold(ratePerHour: number, price: number, kind: WaitingKind): number {
  const root = Math.sqrt(2 * price * ratePerHour)
  return Math.min(isTold(kind) ? Math.max(root - 0.5, 1) : root, mostPerCall[kind])
}

function evenRule(input: FetchRuleInput, weights: readonly number[]): FetchRule {
  const hours = weights.map((weight) => ({ ...input, ratePerHour: input.ratePerHour * weight }))
  const outcomes = hours.map(roughOutcome)
  return {
    thresholds: hours.map(({ ratePerHour, price, kind }) => evenThreshold(ratePerHour, price, kind)),
    callsPerHour: outcomes.reduce((sum, { callsPerHour }) => sum + callsPerHour, 0) / hoursPerDay,
    waiting: outcomes.reduce((sum, { waiting }) => sum + waiting, 0) / hoursPerDay,
  }
}

const hoursPerDay = 24
/** States of the program: the number of waiting units, up to a full page. */
const mostStates = 99
/** Units in the threshold of an even day, if scans are not reported one by one. */
const unitsPerThreshold = 16
const stepsPerCycle = 24

/**
 * Computes backwards over a few cycles, in steps that are short compared with a cycle. The end has the value of
 * an even day: if it were free, all calls would move towards it, and days would differ by their distance from
 * it.
 */
function programmed(input: FetchRuleInput, even: number): FetchRule {
  const { ratePerHour, price, kind, shape } = input
  const cycleHours = even / ratePerHour
  const most = Math.min(mostPerCall[kind], 4 * even)
  // If each scan is reported, a unit is one scan, as far as the states reach.
  const states = Math.min(
    isTold(kind) ? Math.ceil(most) : Math.ceil((unitsPerThreshold * most) / even),
    mostStates,
  )
  const isCounted = isTold(kind) && most <= mostStates
  const unit = isCounted ? 1 : most / states
  const stepsPerHour = Math.ceil(stepsPerCycle / cycleHours)
  const stepHours = 1 / stepsPerHour
  const arrivals = shape.weights.map((weight) => ratePerHour * weight * stepHours)
  const chances = arrivals.map((mean) => (isCounted ? chancesOfArrivals(mean) : roundedAtRandom(mean / unit)))
  // The number of waiting units after the step's arrivals: if they fill a page, it is fetched.
  const reach = states + Math.max(...chances.map(({ length }) => length))
  const later = new Float64Array(reach)
  const perHour = (price * ratePerHour) / even + even / 2
  const cost = Float64Array.from({ length: states }, (_, state) => {
    const waiting = Math.min(state * unit, even)
    return (perHour * waiting - waiting ** 2 / 2) / ratePerHour
  })
  const thresholds: number[] = Array.from({ length: hoursPerDay }, () => 0)
  const days = Math.ceil(1 + (3 * cycleHours) / hoursPerDay)
  for (let step = days * hoursPerDay * stepsPerHour - 1; step >= 0; step--) {
    const hour = Math.floor(step / stepsPerHour)
    const ofHour = arrivals[hour % hoursPerDay] ?? 0
    const ofCounts = chances[hour % hoursPerDay] ?? []
    for (let state = 0; state < reach; state++) {
      later[state] = price * Math.floor(state / states) + (cost[state % states] ?? 0)
    }
    // Arrivals wait for half the step. But if they are reported, one of them may be the one that we waited for.
    const waitedOfStep = isTold(kind) ? Math.max(ofHour - 1, 0) / 2 : ofHour / 2
    for (let state = 0; state < states; state++) {
      let mean = 0
      for (let count = 0; count < ofCounts.length; count++) {
        mean += (ofCounts[count] ?? 0) * (later[state + count] ?? 0)
      }
      cost[state] = (state * unit + waitedOfStep) * stepHours + mean
    }
    const called = price + (cost[0] ?? 0)
    let threshold = states
    while (threshold > 1 && (cost[threshold - 1] ?? 0) >= called) cost[--threshold] = called
    if (hour < hoursPerDay) thresholds[hour] = (thresholds[hour] ?? 0) + threshold * unit * stepHours
  }
  const rule = { thresholds, ratePerHour, shape, cycleHours }
  // With very many scans, chance matters little, and counting takes long.
  const isAtRandom = isTold(kind) && Math.max(...thresholds) <= 2 * mostStates
  return { thresholds, ...(isAtRandom ? toldOutcome(rule) : expectedOutcome(rule)) }
}

/** Returns the whole numbers below and above with their chances, so that the mean is kept. */
function roundedAtRandom(mean: number): number[] {
  const below = Math.floor(mean)
  return [...Array.from({ length: below }, () => 0), 1 - (mean - below), mean - below]
}
