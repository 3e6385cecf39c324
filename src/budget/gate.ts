import type { Wait } from './windows.ts'

/** Why no call is made: the API asked for a pause (Retry-After), or the API as a whole fails. */
export type GateReason = 'retry_after' | 'outage'

/**
 * The gate in front of the API. It closes until a given time. After that time, exactly one call goes through as a probe, and
 * only its result opens the gate or closes it again. Times are epoch ms.
 */
export interface Gate {
  reason: GateReason
  /** Why it is closed: the message of the error. */
  text: string
  /** When it was first closed. Failed probes do not change this. */
  sinceMs: number
  /** No call is sent before this time, except one that an operator lets through. */
  untilMs: number
  /** When it was last closed. */
  closedAtMs: number
  /** By when the probe in flight must be answered; 0 if there is none. If its worker dies, the time passes and another probe may be sent. */
  probeUntilMs: number
  /** Whether an operator lets one call through before `untilMs`. */
  isPassGiven: boolean
}

/** Which calls may go through: all (`open`), one as the probe, or none before a time. */
export type Passage = 'open' | 'probe' | Wait

/** While a probe is under way, other callers check again after this time. */
const probeLookMs = 1_000

/** @returns whether a call may go through the gate now. A gate of null is open */
export function passageOf(gate: Gate | null, nowMs: number): Passage {
  if (gate === null) return 'open'
  const { reason, untilMs, probeUntilMs } = gate
  if (probeUntilMs > nowMs) return { reason, untilMs: Math.min(nowMs + probeLookMs, probeUntilMs) }
  if (untilMs <= nowMs || gate.isPassGiven) return 'probe'
  return { reason, untilMs }
}
