import { dayMs, hourMs } from '../model/durations.ts'

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
const scansToStandAlone = 25

/**
 * From scans counted by hour of the UTC day; where they are few, neighbours lend each other weight.
 *
 * @param daysByHour how often each hour was there to be counted: on the second day, some twice and some once
 */
export function dayShapeOf(countsByHour: readonly number[], daysByHour: readonly number[] = []): DayShape {
  const days = Array.from({ length: hours }, (_, hour) => daysByHour[hour] ?? 1)
  const seen = sumOf(days)
  const mean = sumOf(countsByHour) / seen
  // Less than an hour tells nothing of a day.
  if (seen < 1 || mean === 0) return evenDay
  const perDay = days.map(
    (count, hour) => ((countsByHour[hour] ?? 0) + creditPerHour) / (count + creditPerHour / mean),
  )
  const at = (hour: number) => perDay[(hour + hours) % hours] ?? 0
  const smooth = perDay.map((own, hour) => {
    const lent = scansToStandAlone / (scansToStandAlone + (countsByHour[hour] ?? 0))
    return (1 - lent) * own + (lent * (at(hour - 1) + 2 * own + at(hour + 1))) / 4
  })
  const smoothMean = sumOf(smooth) / hours
  return dayShape(smooth.map((count) => count / smoothMean))
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

/** How often each hour of the UTC day was there between two times, parts of hours counted as such. */
export function daysByHour(fromMs: number, toMs: number): number[] {
  const since = (timeMs: number, hour: number) =>
    Math.floor(timeMs / dayMs) + Math.min(Math.max((timeMs % dayMs) / hourMs - hour, 0), 1)
  return Array.from({ length: hours }, (_, hour) => Math.max(since(toMs, hour) - since(fromMs, hour), 0))
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
