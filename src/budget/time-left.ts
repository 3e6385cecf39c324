import { minuteWindowMs } from './windows.ts'

export interface TimeLeftInput {
  callsLeft: number
  callsPerMinute: number
  /** Calls that still sit in the minute's window. */
  callsInWindow: number
  /** How fast calls go when no window holds them up; null while that is unknown. */
  callsPerSecond: number | null
}

/** How long the calls left will take, in ms: the windows that must pass, or our own speed, whichever is slower. */
export function timeLeftMs({
  callsLeft,
  callsPerMinute,
  callsInWindow,
  callsPerSecond,
}: TimeLeftInput): number | null {
  const roomNow = Math.max(callsPerMinute - callsInWindow, 0)
  const windowsToWait = Math.max(Math.ceil((callsLeft - roomNow) / callsPerMinute), 0)
  const callsAtTheEnd =
    windowsToWait === 0 ? callsLeft : callsLeft - roomNow - (windowsToWait - 1) * callsPerMinute
  if (callsPerSecond === null || callsPerSecond === 0) return null
  const atOurSpeed = (calls: number) => (calls / callsPerSecond) * 1000
  return Math.max(windowsToWait * minuteWindowMs + atOurSpeed(callsAtTheEnd), atOurSpeed(callsLeft))
}
