import { hourMs } from '../../model/durations.ts'

/** From scan to landed, in hours; null without a scan. Names as in the JSON of `qrsync plan`. */
export interface Lags {
  mean_lag_h: number | null
  p50_lag_h: number | null
  p95_lag_h: number | null
}

/** Returns the index, in a sorted list, of the value that a share of the values does not exceed. */
export const indexOfShare = (count: number, share: number) => Math.max(Math.ceil(count * share) - 1, 0)

export const toLagHours = (lagMs: number) => Math.round((lagMs / hourMs) * 10_000) / 10_000

export function lagsOf(lagsMs: readonly number[]): Lags {
  const sorted = Float64Array.from(lagsMs).sort()
  const at = (share: number) => {
    const lagMs = sorted[indexOfShare(sorted.length, share)]
    return lagMs === undefined ? null : toLagHours(lagMs)
  }
  const sum = sorted.reduce((total, lagMs) => total + lagMs, 0)
  return {
    mean_lag_h: sorted.length === 0 ? null : toLagHours(sum / sorted.length),
    p50_lag_h: at(0.5),
    p95_lag_h: at(0.95),
  }
}
