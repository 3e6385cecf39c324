/** What a code's scan rate is estimated from; older scans and hours fade. */
export interface RateEvidence {
  arrivals: number
  /** Hours in which they came, weighted by the day's shape. */
  hours: number
}

/** Evidence of more hours than this is faded: a code's popularity lasts for weeks, not for years. */
const memoryHours = 21 * 24
/**
 * A count is a surprise when it is more than twice what was expected, or less than half of it, and chance does not explain it
 * either. Days differ, and the day's shape is only known roughly: less is no news. Chance is judged by the smaller of both,
 * so many standard deviations of it; of twice as many where less came, since to miss a few is soon done.
 */
const surpriseDeviations = 3.5

function isSurprise(arrivals: number, expected: number): boolean {
  return arrivals > expected
    ? arrivals > 2 * expected + surpriseDeviations * Math.sqrt(expected + 1)
    : expected > 2 * arrivals + 2 * surpriseDeviations * Math.sqrt(arrivals + 1)
}

/** However large a count of the API is: a wrong one must not make all other codes worthless, long after it is right again. */
const mostArrivals = 100_000

export const plausibleArrivals = (arrivals: number) => Math.min(arrivals, mostArrivals)

/**
 * Evidence after one more span with so many scans. A count that the rate so far does not explain (a campaign starts, a poster
 * is taken down) makes what is older count for little: the new rate is there after a look or two.
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
 * What is known of a code beforehand counts for less than half a scan: codes differ by orders of magnitude (few are scanned often, most
 * seldom), so the account's mean tells little about one of them.
 */
const priorScans = 0.4

/** Scans per hour, the day's shape aside. `quietHours`: weighted hours since the evidence, in which nothing was seen to come. */
export function ratePerHour(evidence: RateEvidence, meanRatePerHour: number, quietHours = 0): number {
  const hours = evidence.hours + quietHours + priorScans / Math.max(meanRatePerHour, leastRatePerHour)
  return Math.max((evidence.arrivals + priorScans) / hours, leastRatePerHour)
}

/** One scan in ten years: no code is given up. */
const leastRatePerHour = 1 / (10 * 366 * 24)
