import { dayMs } from '../../model/durations.ts'
import { dayOf } from './gaps.ts'

const quarterMs = 15 * 60_000
const quartersPerDay = dayMs / quarterMs
/** All time zones, from twelve hours behind UTC to fourteen ahead; those nearest to UTC come first. */
const offsets = Array.from({ length: 26 * 4 + 1 }, (_, index) => index - 12 * 4).sort(
  (a, b) => Math.abs(a) - Math.abs(b) || b - a,
)

/**
 * Longer than any offset: landed scans are needed from this long before the first day until this long after the
 * last.
 */
export const widestOffsetMs = 14 * 4 * quarterMs

export interface DayCount {
  day: string
  /** As counted by the API. */
  scans: number
  /** As landed. */
  landed: number
}

export interface ComparedDays {
  days: DayCount[]
  /** How far the API's days begin before UTC days: the offset that fits the landed scans best. */
  offsetMinutes: number
}

/**
 * Compares the API's days with the landed scans. The API may use the days of another time zone, and does not
 * say which. This takes the offset whose days differ least, and UTC if none is better.
 *
 * @param landedMs when the landed scans were made
 * @param completeDay everything before this day should have landed: those days are compared to find the time
 *   zone
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
  // If no day has more landed scans than counted ones, the days are UTC days.
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
