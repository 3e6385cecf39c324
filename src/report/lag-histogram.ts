import { scaleLinear } from 'd3-scale'
import { characterPx, hint, isNarrow, px, roomFor, yAxis, type Draw, type Plot } from './chart.ts'
import { duration } from './format.ts'
import { markup, type Markup } from './markup.ts'
import type { LandedLags } from './report-data.ts'

/** Such as "1 h to 3 h". */
export function bucketName(buckets: LandedLags['buckets'], index: number): string {
  const from = buckets[index - 1]?.up_to_h ?? null
  const upTo = buckets[index]?.up_to_h ?? null
  if (from === null) return `up to ${duration(upTo)}`
  return upTo === null ? `over ${duration(from)}` : `${duration(from)} to ${duration(upTo)}`
}

/**
 * Draws bars of equal width, although the buckets grow with the lag. The two lines are at their lag between a
 * bucket's ends.
 */
export const drawLagHistogram =
  (lags: LandedLags): Draw =>
  (width) => {
    const { buckets } = lags
    const height = 260
    const y = scaleLinear([0, Math.max(...buckets.map(({ scans }) => scans), 1)], [height - 30, 48]).nice(4)
    const plot: Plot = { width, height, left: roomFor(y), right: width - 6, top: 48, bottom: height - 30 }
    const x = scaleLinear([0, buckets.length], [plot.left, plot.right])
    const gap = isNarrow(width) ? 2 : 4
    const bars = buckets.map(({ scans }, index) => {
      const barWidth = x(1) - x(0) - gap
      return markup`<rect class="bar" x="${px(x(index) + gap / 2)}" y="${px(y(scans))}" width="${px(barWidth)}" height="${px(y(0) - y(scans))}">${hint(bucketName(buckets, index), scans, 'scan')}</rect>`
    })
    const edges = buckets.map(({ up_to_h: edge }, index) => {
      if (edge === null || (isNarrow(width) && index % 2 === 0)) return null
      const at = px(x(index + 1))
      return markup`<line class="tick" x1="${at}" x2="${at}" y1="${plot.bottom}" y2="${plot.bottom + 4}"/>
<text x="${at}" y="${plot.bottom + 20}" text-anchor="middle">${duration(edge)}</text>`
    })
    const at = (lagH: number) => x(positionOf(buckets, lagH))
    return {
      height,
      content: markup`${yAxis(y, plot)}${bars}${edges}
${lags.p50_lag_h === null ? null : mark(plot, at(lags.p50_lag_h), 12, `half within ${duration(lags.p50_lag_h)}`)}
${lags.p95_lag_h === null ? null : mark(plot, at(lags.p95_lag_h), 32, `95 % within ${duration(lags.p95_lag_h)}`)}`,
    }
  }

/** The position of a lag on the axis of bars: bar 2 ends at 2. */
function positionOf(buckets: LandedLags['buckets'], lagH: number): number {
  const edges = buckets.flatMap(({ up_to_h: edge }) => (edge === null ? [] : [edge]))
  const longest = edges.at(-1) ?? 1
  return scaleLinear([0, ...edges, longest * 4], [...edges.keys(), edges.length, edges.length + 1]).clamp(
    true,
  )(lagH)
}

/** Each mark has its own row, so that two close ones are readable. */
function mark({ width, bottom }: Plot, x: number, y: number, text: string): Markup {
  const hasRoom = x + 6 + text.length * characterPx < width
  return markup`<line class="mark" x1="${px(x)}" x2="${px(x)}" y1="${y - 9}" y2="${bottom}"/>
<text class="mark" x="${px(hasRoom ? x + 6 : x - 6)}" y="${y}" text-anchor="${hasRoom ? 'start' : 'end'}">${text}</text>`
}
