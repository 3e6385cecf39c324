export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
const hours = 24

/** How scans spread over the hours of a UTC day: a weight for each hour, 1 on average. */
export interface DayShape {
  weights: readonly number[]
  /** Weight of the hour that holds a time (epoch ms). */
  at(timeMs: number): number
  /** Hours between two times, each counted by its weight: what a rate per hour is multiplied with. */
  hoursBetween(fromMs: number, toMs: number): number
}

/** Scans that each hour is credited with before any is seen, so that a few do not draw a jagged day. */
const creditPerHour = 4
/** An hour with so many scans speaks for itself as much as its neighbours speak for it. */
const scansToStandAlone = 50

/** From scans counted by hour of the UTC day; where they are few, neighbours lend each other weight. */
export function dayShapeOf(countsByHour: readonly number[]): DayShape {
  const credited = Array.from({ length: hours }, (_, hour) => (countsByHour[hour] ?? 0) + creditPerHour)
  const at = (hour: number) => credited[(hour + hours) % hours] ?? 0
  const smooth = credited.map((own, hour) => {
    const lent = scansToStandAlone / (scansToStandAlone + own)
    return (1 - lent) * own + (lent * (at(hour - 1) + 2 * own + at(hour + 1))) / 4
  })
  const mean = smooth.reduce((sum, count) => sum + count, 0) / hours
  return dayShape(smooth.map((count) => count / mean))
}

/** Every hour alike. */
export const evenDay: DayShape = dayShape(Array.from({ length: hours }, () => 1))

function dayShape(weights: readonly number[]): DayShape {
  const before = [0]
  for (const weight of weights) before.push((before.at(-1) ?? 0) + weight)
  const hourOf = (timeMs: number) => Math.floor((timeMs % dayMs) / hourMs)
  /** Weighted hours since the epoch. */
  const since = (timeMs: number) => {
    const hour = hourOf(timeMs)
    const part = (timeMs % hourMs) / hourMs
    return Math.floor(timeMs / dayMs) * hours + (before[hour] ?? 0) + part * (weights[hour] ?? 1)
  }
  return {
    weights,
    at: (timeMs) => weights[hourOf(timeMs)] ?? 1,
    hoursBetween: (fromMs, toMs) => since(toMs) - since(fromMs),
  }
}

/** Adds scans to the counts by hour, older ones fading so that about two months of them count. */
export function countByHour(
  countsByHour: readonly number[],
  timesMs: readonly number[],
  landedMs: number,
): number[] {
  const counts = Array.from({ length: hours }, (_, hour) => countsByHour[hour] ?? 0)
  for (const timeMs of timesMs) {
    const hour = Math.floor((timeMs % dayMs) / hourMs)
    const ageDays = Math.max(landedMs - timeMs, 0) / dayMs
    counts[hour] = (counts[hour] ?? 0) + 2 ** (-ageDays / 30)
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  return total > mostCounted ? counts.map((count) => (count * mostCounted) / total) : counts
}

/** Beyond so many, an old day's habit would take as long to forget as it took to learn. */
const mostCounted = 20_000
