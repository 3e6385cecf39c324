import { evenDay, type DayShape } from './day-shape.ts'

/** When a source is worth a call, at one price, and what that comes to. */
export interface FetchRule {
  /** Scans that must be waiting, by hour of the UTC day. */
  thresholds: readonly number[]
  callsPerHour: number
  /** Scans that wait, on average. */
  waiting: number
}

/**
 * What waits: scans that we are told of one by one; scans that are only expected and so grow evenly; or, told or expected,
 * something that one call brings in full, however much it is (analytics; the list).
 */
export type WaitingKind = 'told' | 'expected' | 'told_whole' | 'expected_whole'

export interface FetchRuleInput {
  ratePerHour: number
  /** What a call is worth: scans times hours of waiting. */
  price: number
  kind: WaitingKind
  shape: DayShape
}

/**
 * A page holds 100 scans, of which one is known already (the cursor is inclusive): from there on, waiting for more does not
 * make a call more worthwhile. What is only expected may turn out to be more.
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
 * Optimal stopping: scans come at a rate, each costs an hour for every hour it waits, a call costs `price` and ends the
 * waiting of all. At an even rate the best is to call when √(2 · price · rate) of them wait (half a scan earlier where we
 * are told of each, and at the first where that is less than one).
 *
 * Where a cycle is neither much shorter nor much longer than a day, the hour matters: in the evening, what waits would wait
 * until the morning for company, so fewer are worth a call. There the thresholds come from a dynamic program.
 */
export function fetchRule(input: FetchRuleInput): FetchRule {
  const { ratePerHour, price, kind } = input
  const even = evenThreshold(ratePerHour, price, kind)
  const cycleHours = even / ratePerHour
  if (cycleHours < 2) return evenRule(input, input.shape.weights)
  if (cycleHours > 96) return evenRule(input, evenDay.weights)
  return programmed(input, even)
}

function evenThreshold(ratePerHour: number, price: number, kind: WaitingKind): number {
  const root = Math.sqrt(2 * price * ratePerHour)
  return Math.min(isTold(kind) ? Math.max(root - 0.5, 1) : root, mostPerCall[kind])
}

function evenRule({ ratePerHour, price, kind }: FetchRuleInput, weights: readonly number[]): FetchRule {
  const thresholds = weights.map((weight) => evenThreshold(ratePerHour * weight, price, kind))
  let calls = 0
  let waiting = 0
  thresholds.forEach((threshold, hour) => {
    const whole = isTold(kind) ? Math.ceil(threshold) : threshold
    calls += (ratePerHour * (weights[hour] ?? 1)) / whole
    waiting += isTold(kind) ? (whole - 1) / 2 : whole / 2
  })
  return { thresholds, callsPerHour: calls / 24, waiting: waiting / 24 }
}

/** States of the program: what waits, in units; the last one is a full page. */
const states = 100
const hoursPerDay = 24

/**
 * Backwards over the hours of enough days for their number not to matter. Arrivals of an hour are rounded up or down at
 * random to whole units, the mean kept.
 */
function programmed({ ratePerHour, price, kind, shape }: FetchRuleInput, even: number): FetchRule {
  const most = Math.min(mostPerCall[kind], 6 * Math.max(even, 1))
  // Told of each, one scan is a unit, as long as the states reach; else units are small beside the threshold.
  const unit = Math.max(isTold(kind) ? 1 : even / 16, most / (states - 1))
  const last: number = Math.min(states - 1, Math.floor(most / unit))
  const days = Math.min(24, Math.ceil(4 + (3 * even) / ratePerHour / hoursPerDay))
  let cost = new Float64Array(states)
  let calls = new Float64Array(states)
  const thresholds: number[] = Array.from({ length: hoursPerDay }, () => most)
  for (let hour = days * hoursPerDay - 1; hour >= 0; hour--) {
    const ofDay = hour % hoursPerDay
    const arrivals = ratePerHour * (shape.weights[ofDay] ?? 1)
    const jump = Math.floor(arrivals / unit)
    const more = arrivals / unit - jump
    const waitedCost = new Float64Array(states)
    const waitedCalls = new Float64Array(states)
    for (let state = 0; state <= last; state++) {
      const low = Math.min(last, state + jump)
      const high = Math.min(last, low + 1)
      waitedCost[state] = state * unit + arrivals / 2 + between(cost, low, high, more)
      waitedCalls[state] = between(calls, low, high, more)
    }
    const calledCost = price + (waitedCost[0] ?? 0)
    const calledCalls = 1 + (waitedCalls[0] ?? 0)
    let first: number = last
    for (let state = last; state > 0; state--) {
      if (state < last && calledCost > (waitedCost[state] ?? 0)) break
      first = state
      waitedCost[state] = calledCost
      waitedCalls[state] = calledCalls
    }
    thresholds[ofDay] = first * unit
    cost = waitedCost
    calls = waitedCalls
  }
  const horizonHours = days * hoursPerDay
  const callsPerHour = (calls[0] ?? 0) / horizonHours
  return {
    thresholds,
    callsPerHour,
    waiting: Math.max((cost[0] ?? 0) / horizonHours - price * callsPerHour, 0),
  }
}

function between(values: Float64Array, low: number, high: number, share: number): number {
  return (1 - share) * (values[low] ?? 0) + share * (values[high] ?? 0)
}
