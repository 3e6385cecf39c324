import { dayMs, hourMs } from '../model/durations.ts'

/** How often to ask for what changes slowly, each with its small share of the month's calls. */
export interface Cadence {
  /** /me: the plan, and what others spend. */
  identifyEveryMs: number
  /** Codes that were created, changed or deleted. */
  updatedEveryMs: number
  /** Every code, in case something slipped through. */
  fullEveryMs: number
  callsPerHour: number
}

const monthMs = 30 * dayMs
/** However many codes there are, to look at least so often is worth no more than this. */
const mostShare = 0.05
const shares = { identify: 0.006, updated: 0.01, full: 0.004 }

/**
 * @param fullPages calls of a pass over all codes
 * @param updatedPages of one over the changed ones: a single call where the API can be asked for them
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
