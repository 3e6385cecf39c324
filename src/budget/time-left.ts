import { minuteWindowMs } from './windows.ts'

export interface TimeLeftInput {
  callsLeft: number
  callsPerMinute: number
  /** Calls that are still in the minute's window. */
  callsInWindow: number
  /**
   * The speed of calls while no window delays them; null, or not a finite number, if no time has passed to
   * measure it.
   */
  callsPerSecond: number | null
}

/**
 * Returns how long the remaining calls will take, in ms, one after the other. It assumes that those in the
 * window were made just now, so it is at most a minute too long and never too short.
 */
export function timeLeftMs({
  callsLeft,
  callsPerMinute,
  callsInWindow,
  callsPerSecond,
}: TimeLeftInput): number | null {
  if (callsPerSecond === null || callsPerSecond === 0 || !Number.isFinite(callsPerSecond)) return null
  const take = (calls: number) => (calls / callsPerSecond) * 1000
  const beyondRoom = callsLeft - Math.max(callsPerMinute - callsInWindow, 0)
  if (beyondRoom <= 0) return take(callsLeft)
  const windows = Math.ceil(beyondRoom / callsPerMinute)
  const callsInLast = beyondRoom - (windows - 1) * callsPerMinute
  // The longest applies: our speed from now on, our speed once the window opens, or the windows on the way.
  return Math.max(
    take(callsLeft),
    minuteWindowMs + take(beyondRoom),
    windows * minuteWindowMs + take(callsInLast),
  )
}
