import type { Wait } from './windows.ts'

/** Why no call is made: the API asked for a pause (Retry-After), or the API as a whole fails. */
export type GateReason = 'retry_after' | 'outage'

/**
 * The gate in front of the API. It closes for a named time. When that time has passed, exactly one call goes through as a
 * probe, and only what comes of it opens the gate or closes it again. Times are epoch ms.
 */
export interface Gate {
  reason: GateReason
  /** What closed it, for people: the message of the error. */
  text: string
  /** Since when it is closed, however often a probe has failed meanwhile. */
  sinceMs: number
  /** No call before this time, but the one that a person lets through. */
  untilMs: number
  /** When it was last closed. */
  closedAtMs: number
  /** Until when the probe under way may still be answered; 0 where there is none. A worker that died leaves it to pass. */
  probeUntilMs: number
  /** A person lets one call through before the time has passed. */
  isPassGiven: boolean
}

/** What may go through: every call, one as the probe, or none before a time. */
export type Passage = 'open' | 'probe' | Wait

/** While a probe is under way, other callers check again after this time. */
const probeLookMs = 1_000

/** Whether a call may go through the gate now; null stands for an open gate. */
export function passageOf(gate: Gate | null, nowMs: number): Passage {
  if (gate === null) return 'open'
  const { reason, untilMs, probeUntilMs } = gate
  if (probeUntilMs > nowMs) return { reason, untilMs: Math.min(nowMs + probeLookMs, probeUntilMs) }
  if (untilMs <= nowMs || gate.isPassGiven) return 'probe'
  return { reason, untilMs }
}
