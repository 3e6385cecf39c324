export interface Outcome {
  /** From scan to landing, for every scan; for those that still wait at the month's end, until then. */
  lagsMs: number[]
  calls: Record<string, number>
  /** Calls beyond a window. */
  beyond: number
}
