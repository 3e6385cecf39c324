/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices stay inside their arrays by construction */
import type { Random } from '../random.ts'
import { firstAbove } from '../random.ts'
import { dayMs } from '../timestamps.ts'

const hourMs = 3_600_000

// Shares of a day's scans by UTC hour: quiet nights, a rise at noon, a higher one in the evening.
const byHour = [6, 4, 3, 2, 2, 4, 10, 22, 38, 48, 56, 68, 80, 72, 60, 58, 64, 78, 90, 92, 76, 52, 30, 14]

// From Sunday to Saturday.
const byWeekday = [0.75, 0.9, 0.95, 1, 1.1, 1.25, 1.15]

/** Draws times between two times, more by day than by night, and more before the weekend than after it. */
export function timePicker(random: Random, from: number, to: number): () => number {
  const firstHour = Math.floor(from / hourMs)
  const hours = Math.ceil(to / hourMs) - firstHour
  const bounds = new Float64Array(hours)
  let sum = 0
  for (let hour = 0; hour < hours; hour++) {
    const start = Math.max((firstHour + hour) * hourMs, from)
    const end = Math.min((firstHour + hour + 1) * hourMs, to)
    bounds[hour] = sum += intensityAt(start) * (end - start)
  }
  return () => {
    const hour = firstAbove(bounds, random.next() * sum)
    const start = Math.max((firstHour + hour) * hourMs, from)
    const end = Math.min((firstHour + hour + 1) * hourMs, to)
    return start + Math.floor(random.next() * (end - start))
  }
}

function intensityAt(at: number): number {
  // 1 January 1970 was a Thursday.
  const weekday = (Math.floor(at / dayMs) + 4) % 7
  return byHour[Math.floor(at / hourMs) % 24]! * byWeekday[weekday]!
}
