/** The evidence for a code's scan rate. Older scans and hours weigh less. */
export interface RateEvidence {
  arrivals: number
  /** The hours in which they arrived, weighted by the day's shape. */
  hours: number
}

/** Evidence is scaled down to this many hours: a code's popularity lasts for weeks, not for years. */
const memoryHours = 21 * 24
/**
 * A count is a surprise if it is more than twice, or less than half, of the expected count, and chance does not explain it.
 * Smaller differences are normal: days differ, and the day's shape is only an estimate. Chance explains a difference of up to
 * this many standard deviations of the smaller count, and of twice as many if fewer scans came than expected.
 */
const surpriseDeviations = 3.5

function isSurprise(arrivals: number, expected: number): boolean {
  return arrivals > expected
    ? arrivals > 2 * expected + surpriseDeviations * Math.sqrt(expected + 1)
    : expected > 2 * arrivals + 2 * surpriseDeviations * Math.sqrt(arrivals + 1)
}

/** The largest plausible count. A wrong count of the API must not make all other codes worthless long after it is corrected. */
const mostArrivals = 100_000

export const plausibleArrivals = (arrivals: number) => Math.min(arrivals, mostArrivals)

/**
 * Adds one more span of observation to the evidence. If the rate so far does not explain the count (a campaign starts, a poster
 * is taken down), older evidence loses most of its weight, so that the estimate reaches the new rate after one or two spans.
 */
export function observe(evidence: RateEvidence, counted: number, hours: number): RateEvidence {
  const arrivals = plausibleArrivals(counted)
  if (hours <= 0) return { arrivals: evidence.arrivals + arrivals, hours: evidence.hours }
  const expected = evidence.hours > 0 ? (evidence.arrivals / evidence.hours) * hours : arrivals
  const kept = isSurprise(arrivals, expected)
    ? Math.min(1, Math.max(hours, 1) / evidence.hours)
    : Math.min(1, memoryHours / (evidence.hours + hours))
  return { arrivals: evidence.arrivals * kept + arrivals, hours: evidence.hours * kept + hours }
}

/**
 * The weight of the prior, in scans. It is small because codes differ by orders of magnitude (a few are scanned often, most
 * seldom), so the account's mean says little about a single code.
 */
const priorScans = 0.4

/** @returns the estimated scans per hour of weight 1. `quietHours` are the weighted hours without a scan since the evidence */
export function ratePerHour(evidence: RateEvidence, meanRatePerHour: number, quietHours = 0): number {
  const hours = evidence.hours + quietHours + priorScans / Math.max(meanRatePerHour, leastRatePerHour)
  return Math.max((evidence.arrivals + priorScans) / hours, leastRatePerHour)
}

/** One scan in ten years, so that qrsync never stops checking a code. */
const leastRatePerHour = 1 / (10 * 366 * 24)
