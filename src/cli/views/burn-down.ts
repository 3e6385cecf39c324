import { plot, type Formatter } from 'simple-ascii-chart'
import { number } from './format.ts'

const size = { width: 62, height: 8 }

/** A chart of calls made up to each day of a month, with its limit as a line. */
export function burnDown(callsByDay: readonly number[], days: number, limit: number): string {
  const calls = [0, ...callsByDay].map((sum, day): [number, number] => [day, sum])
  const line: [number, number][] = [
    [0, limit],
    [days, limit],
  ]
  const formatter: Formatter = (value, { axis }) => (axis === 'y' ? number(Math.round(value)) : value)
  return plot([calls, line], {
    ...size,
    formatter,
    yRange: [0, Math.max(limit, callsByDay.at(-1) ?? 0)],
    customYAxisTicks: [0, limit / 2, limit],
    customXAxisTicks: [0, 7, 14, 21, days],
  }).trimEnd()
}
