import { dayMs, hourMs } from '../model/durations.ts'

const hours = 24

/** How scans spread over the hours of a UTC day: a weight for each hour, 1 on average. */
export interface DayShape {
  weights: readonly number[]
  /** The weight of the hour that contains a time (epoch ms). */
  at(timeMs: number): number
  /** The sum of the weights of the hours between two times. Multiply it by a rate per hour to get the expected scans. */
  hoursBetween(fromMs: number, toMs: number): number
}

/** Scans added to each hour's count as a prior, so that a few scans do not make a jagged day. */
const creditPerHour = 4
/** With this many scans, an hour's own count weighs as much as its smoothed value. */
const scansToStandAlone = 25

/**
 * Estimates the day's shape from scans counted by hour of the UTC day. Hours with few scans are smoothed with their neighbours.
 *
 * @param daysByHour how often each hour was observed: on the second day, some twice and some once
 */
export function dayShapeOf(countsByHour: readonly number[], daysByHour: readonly number[] = []): DayShape {
  const days = Array.from({ length: hours }, (_, hour) => daysByHour[hour] ?? 1)
  const seen = sumOf(days)
  const mean = sumOf(countsByHour) / seen
  // Less than an hour of observation shows nothing about a day.
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

/** @returns how often each hour of the UTC day occurred between two times; parts of an hour count as fractions */
export function daysByHour(fromMs: number, toMs: number): number[] {
  const since = (timeMs: number, hour: number) =>
    Math.floor(timeMs / dayMs) + Math.min(Math.max((timeMs % dayMs) / hourMs - hour, 0), 1)
  return Array.from({ length: hours }, (_, hour) => Math.max(since(toMs, hour) - since(fromMs, hour), 0))
}

/** A day on which all hours have the same weight. */
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

/** Adds scans to the counts by hour. A scan that is 30 days old when it lands counts half. */
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

/** The counts are scaled down to this sum. With more, an old habit would take as long to forget as it took to learn. */
const mostCounted = 20_000
