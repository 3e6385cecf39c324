import { scaleLinear } from 'd3-scale'
import { anchorAt, hint, isNarrow, px, roomFor, yAxis, type Draw, type Plot } from '../chart.ts'
import { markup } from '../markup.ts'

/** "09:00" */
export const hourName = (hour: number) => `${String(hour).padStart(2, '0')}:00`

/** @param hours scans of each hour of the day, from 0 to 23 */
export const drawHours =
  (hours: readonly number[]): Draw =>
  (width) => {
    const height = 200
    const y = scaleLinear([0, Math.max(...hours, 1)], [height - 30, 12]).nice(4)
    const plot: Plot = { width, height, left: roomFor(y), right: width - 6, top: 12, bottom: height - 30 }
    const x = scaleLinear([0, 24], [plot.left, plot.right])
    const gap = isNarrow(width) ? 2 : 4
    const bars = hours.map((scans, hour) =>
      scans === 0
        ? null
        : markup`<rect class="bar" x="${px(x(hour) + gap / 2)}" y="${px(y(scans))}" width="${px(x(1) - x(0) - gap)}" height="${px(y(0) - y(scans))}">${hint(hourName(hour), scans, 'scan')}</rect>`,
    )
    const step = isNarrow(width) ? 6 : 3
    const ticks = Array.from({ length: 24 / step }, (_, index) => index * step)
    return {
      height,
      content: markup`${yAxis(y, plot)}${bars}${ticks.map(
        (
          hour,
        ) => markup`<line class="tick" x1="${px(x(hour))}" x2="${px(x(hour))}" y1="${plot.bottom}" y2="${plot.bottom + 4}"/>
<text x="${px(x(hour))}" y="${plot.bottom + 20}" text-anchor="${anchorAt(x(hour), width)}">${hourName(hour)}</text>`,
      )}`,
    }
  }
