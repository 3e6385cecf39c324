import type { DayShape } from '../../../src/budget/day-shape.ts'
import type { RuleOutcome } from '../../../src/budget/price/rule-outcome.ts'

export interface FollowedRule {
  thresholds: readonly number[]
  ratePerHour: number
  shape: DayShape
  /** Whether each scan is reported, or only expected. */
  isTold: boolean
  arrivals: number
  random: () => number
}

/** Follows a rule from scan to scan, or from one expected crossing to the next, and counts. */
export function followRule(rule: FollowedRule): RuleOutcome {
  const { ratePerHour, shape, thresholds, isTold, random } = rule
  const hours = 24 * Math.ceil(rule.arrivals / ratePerHour / 24)
  let calls = 0
  let waiting = 0
  let waited = 0
  for (let hour = 0; hour < hours; hour++) {
    const perHour = ratePerHour * (shape.weights[hour % 24] ?? 1)
    const threshold = thresholds[hour % 24] ?? 1
    const call = () => {
      calls++
      waiting = 0
    }
    if (waiting >= threshold) call()
    for (let rest = 1; rest > 0;) {
      const untilNext = isTold ? -Math.log(1 - random()) / perHour : (threshold - waiting) / perHour
      const span = Math.min(untilNext, rest)
      const grown = isTold ? 0 : perHour * span
      waited += (waiting + grown / 2) * span
      waiting += grown
      rest -= span
      if (untilNext > span) break
      if (isTold) waiting++
      if (!isTold || waiting >= threshold) call()
    }
  }
  return { callsPerHour: calls / hours, waiting: waited / hours }
}
