import { minuteWindowMs } from './windows.ts'

export interface TimeLeftInput {
  callsLeft: number
  callsPerMinute: number
  /** Calls that still sit in the minute's window. */
  callsInWindow: number
  /** How fast calls go when no window holds them up; null, or no finite number, while no time has passed to tell it by. */
  callsPerSecond: number | null
}

/**
 * How long the calls left will take, in ms, one after the other. Taken as if those in the window had only now been made,
 * so at most a minute too long and never too short.
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
  // Whichever binds: our own speed from now on, or from when the window opens, or every window on the way.
  return Math.max(
    take(callsLeft),
    minuteWindowMs + take(beyondRoom),
    windows * minuteWindowMs + take(callsInLast),
  )
}
