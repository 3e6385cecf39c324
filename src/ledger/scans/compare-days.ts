import { dayMs } from '../../model/durations.ts'
import { dayOf } from './gaps.ts'

const quarterMs = 15 * 60_000
const quartersPerDay = dayMs / quarterMs
/** From twelve hours behind UTC to fourteen ahead, the time zones that there are; those nearest to UTC come first. */
const offsets = Array.from({ length: 26 * 4 + 1 }, (_, index) => index - 12 * 4).sort(
  (a, b) => Math.abs(a) - Math.abs(b) || b - a,
)

/** Longer than any offset: landed scans are needed from so long before the first day, and until so long after the last. */
export const widestOffsetMs = 14 * 4 * quarterMs

export interface DayCount {
  day: string
  /** As the API counts them. */
  scans: number
  /** As landed. */
  landed: number
}

export interface ComparedDays {
  days: DayCount[]
  /** How far the API's days begin before those of UTC: what fits the landed scans best. */
  offsetMinutes: number
}

/**
 * Compares the API's days with the landed scans. Its days may be cut in another time zone, of which the API says nothing: the
 * one whose days differ least is taken, and UTC where none is better.
 *
 * @param landedMs when the landed scans were scanned
 * @param completeDay of the days before it everything should be landed: these are compared to find the time zone
 */
export function compareWithLanded(
  series: readonly { date: string; scans: number }[],
  landedMs: readonly number[],
  completeDay: string,
): ComparedDays {
  const quarters = new Map<number, number>()
  for (const timeMs of landedMs) {
    const quarter = Math.floor(timeMs / quarterMs)
    quarters.set(quarter, (quarters.get(quarter) ?? 0) + 1)
  }
  const complete = series.filter(({ date }) => date < completeDay)
  let best = { offset: 0, ...differenceAt(complete, quarters, 0) }
  // Where no day has more landed than counted, the days are UTC's.
  if (best.more > 0) {
    for (const offset of offsets) {
      const at = differenceAt(complete, quarters, offset)
      if (at.fewer + at.more < best.fewer + best.more) best = { offset, ...at }
    }
  }
  const landed = landedByDay(quarters, best.offset)
  return {
    days: series.map(({ date, scans }) => ({ day: date, scans, landed: landed.get(date) ?? 0 })),
    offsetMinutes: best.offset * 15,
  }
}

function differenceAt(
  series: readonly { date: string; scans: number }[],
  quarters: ReadonlyMap<number, number>,
  offset: number,
): { fewer: number; more: number } {
  const landed = landedByDay(quarters, offset)
  let fewer = 0
  let more = 0
  for (const { date, scans } of series) {
    const difference = scans - (landed.get(date) ?? 0)
    if (difference > 0) fewer += difference
    else more -= difference
  }
  return { fewer, more }
}

function landedByDay(quarters: ReadonlyMap<number, number>, offset: number): Map<string, number> {
  const numbered = new Map<number, number>()
  for (const [quarter, scans] of quarters) {
    const day = Math.floor((quarter + offset) / quartersPerDay)
    numbered.set(day, (numbered.get(day) ?? 0) + scans)
  }
  return new Map([...numbered].map(([day, scans]) => [dayOf(day * dayMs), scans]))
}
