export interface Outcome {
  /** From scan to landed, of every scan; those that the month's end finds waiting, until then. */
  lagsMs: number[]
  calls: Record<string, number>
  /** Calls beyond a window. */
  beyond: number
}
