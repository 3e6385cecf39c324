/** What a code's scan rate is estimated from; older scans and hours fade. */
export interface RateEvidence {
  arrivals: number
  /** Hours in which they came, weighted by the day's shape. */
  hours: number
}

/** Evidence of more hours than this is faded: a code's popularity lasts for weeks, not for years. */
const memoryHours = 14 * 24
/** How far a count may lie from what was expected, in standard deviations, before it counts as a change of the rate. */
const surpriseDeviations = 3.5

/**
 * Evidence after one more span with so many scans. A count that the rate so far does not explain (a campaign starts, a poster
 * is taken down) makes what is older count for little: the new rate is there after a look or two.
 */
export function observe(evidence: RateEvidence, arrivals: number, hours: number): RateEvidence {
  if (hours <= 0) return { arrivals: evidence.arrivals + arrivals, hours: evidence.hours }
  const expected = evidence.hours > 0 ? (evidence.arrivals / evidence.hours) * hours : arrivals
  const isSurprise = Math.abs(arrivals - expected) > surpriseDeviations * Math.sqrt(expected + 1)
  const kept = isSurprise
    ? Math.min(1, hours / Math.max(evidence.hours, 1e-9))
    : Math.min(1, memoryHours / (evidence.hours + hours))
  return { arrivals: evidence.arrivals * kept + arrivals, hours: evidence.hours * kept + hours }
}

/** Hours that the account's mean rate counts for, as evidence about a code that is little known. */
const priorHours = 12

/** Scans per hour, the day's shape aside. `quietHours`: weighted hours since the evidence, in which nothing was seen to come. */
export function ratePerHour(evidence: RateEvidence, meanRatePerHour: number, quietHours = 0): number {
  const rate = (evidence.arrivals + meanRatePerHour * priorHours) / (evidence.hours + quietHours + priorHours)
  return Math.max(rate, leastRatePerHour)
}

/** One scan in ten years: no code is given up. */
const leastRatePerHour = 1 / (10 * 366 * 24)
