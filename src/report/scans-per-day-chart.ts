import { dayMs } from './format.ts'
import { scaleLinear, scaleUtc } from 'd3-scale'
import { line } from 'd3-shape'
import { dayAxis, hint, px, roomFor, yAxis, type Draw, type Plot } from './chart.ts'
import { markup } from './markup.ts'
import type { ScansPerDay } from './report-data.ts'

const meanDays = 7

/** The mean of each whole day and the six before it; null if not all of them are known. Today, the last day, is not over. */
export function weeklyMeans(days: ScansPerDay['days']): (number | null)[] {
  return days.map((_, index) =>
    index < meanDays - 1 || index === days.length - 1
      ? null
      : days.slice(index - meanDays + 1, index + 1).reduce((sum, { scans }) => sum + scans, 0) / meanDays,
  )
}

export const drawScansPerDay =
  ({ days }: ScansPerDay): Draw =>
  (width) => {
    const height = 240
    const y = scaleLinear([0, Math.max(...days.map(({ scans }) => scans), 1)], [height - 30, 12]).nice(4)
    const plot: Plot = { width, height, left: roomFor(y), right: width - 6, top: 12, bottom: height - 30 }
    const startMs = Date.parse(days[0]?.day ?? '')
    const x = scaleUtc([startMs, startMs + days.length * dayMs], [plot.left, plot.right])
    const dayPx = (plot.right - plot.left) / days.length
    const barPx = Math.max(dayPx * 0.75, 1)
    const bars = days.map(({ day, scans }) =>
      scans === 0
        ? null
        : markup`<rect class="bar" x="${px(x(Date.parse(day)) + (dayPx - barPx) / 2)}" y="${px(y(scans))}" width="${px(barPx)}" height="${px(y(0) - y(scans))}">${hint(day, scans, 'scan')}</rect>`,
    )
    const mean = line<number | null>()
      .defined((value) => value !== null)
      .x((_, index) => x(startMs + (index + 0.5) * dayMs))
      .y((value) => y(value ?? 0))
      .digits(1)
    return {
      height,
      content: markup`${yAxis(y, plot)}${dayAxis(x, plot, 0.5)}${bars}
<path class="mean" d="${mean(weeklyMeans(days)) ?? ''}"/>`,
    }
  }
