import { minuteWindowMs } from './windows.ts'

export interface TimeLeftInput {
  callsLeft: number
  callsPerMinute: number
  /** Calls that still sit in the minute's window. */
  callsInWindow: number
  /** How fast calls go when no window holds them up; null while that is unknown. */
  callsPerSecond: number | null
}

/** How long the calls left will take, in ms: the windows that must pass, then the rest at the speed seen so far. */
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
  return windowsToWait * minuteWindowMs + (callsAtTheEnd / callsPerSecond) * 1000
}
