import { dayMs, hourMs } from '../model/durations.ts'

/** How often to make the calls for data that changes slowly. Each kind has a small share of the month's calls. */
export interface Cadence {
  /** GET /me: the plan, and the calls of others. */
  identifyEveryMs: number
  /** Codes that were created, changed or deleted. */
  updatedEveryMs: number
  /** A pass over every code, to find changes that the other passes missed. */
  fullEveryMs: number
  callsPerHour: number
}

const monthMs = 30 * dayMs
/** The largest share of the month's calls for one kind, even if its longest interval would need more. */
const mostShare = 0.05
const shares = { identify: 0.006, updated: 0.01, full: 0.004 }

/**
 * @param fullPages calls for a pass over all codes
 * @param updatedPages calls for a pass over the changed codes: one if the API supports `updated_since`
 */
export function cadenceOf(perMonth: number, fullPages: number, updatedPages: number): Cadence {
  const every = (share: number, calls: number, leastMs: number, mostMs: number) => {
    const atShareMs = (share: number) => (monthMs * calls) / (perMonth * share)
    return Math.min(Math.max(atShareMs(share), leastMs), Math.max(mostMs, atShareMs(mostShare)))
  }
  const identifyEveryMs = every(shares.identify, 1, hourMs, dayMs)
  const updatedEveryMs = every(shares.updated, updatedPages, 15 * 60_000, 7 * dayMs)
  const fullEveryMs = every(shares.full, fullPages, dayMs, 7 * dayMs)
  return {
    identifyEveryMs,
    updatedEveryMs,
    fullEveryMs,
    callsPerHour: (1 / identifyEveryMs + updatedPages / updatedEveryMs + fullPages / fullEveryMs) * hourMs,
  }
}
