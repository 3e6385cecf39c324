const secondMs = 1_000
const minuteMs = 60 * secondMs

/** Looks cost nothing, and recovery is to be seen within ten minutes. */
const longestLookMs = 8 * minuteMs
const longestCallMs = 75 * minuteMs

/** A bad second is over after five; then twice as long each time. */
export function callDelayMs(calls: number): number {
  const exactMs = calls === 0 ? 5 * secondMs : Math.min(minuteMs * 2 ** (calls - 1), longestCallMs)
  return Math.round(exactMs * (1 + Math.random() / 4))
}

export function lookDelayMs(looks: number): number {
  const exactMs = Math.min(5 * secondMs * 2 ** looks, longestLookMs)
  return Math.round(exactMs * (0.75 + Math.random() / 4))
}
