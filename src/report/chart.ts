import type { ScaleLinear, ScaleTime } from 'd3-scale'
import { count as counted, dayMs, number, shortDay } from './format.ts'
import { markup, type Markup } from './markup.ts'

/** The area of a chart, in its own pixels; text is 12 pixels high. */
export interface Plot {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
}

/**
 * Draws a chart for a given width. It is drawn twice: for a screen or sheet of paper, and for a phone, where
 * the same lines would be too small.
 */
export type Draw = (width: number) => { height: number; content: Markup }

export interface Chart {
  /** Unique in the page. */
  id: string
  title: string
  /** Describes the chart for readers who cannot see it. */
  description: string
  draw: Draw
}

const widths = { wide: 800, narrow: 328 } as const

/** Draws both versions; the page's style shows the one that fits. */
export function drawChart({ id, title, description, draw }: Chart): Markup {
  return markup`${(['wide', 'narrow'] as const).map((size) => {
    const width = widths[size]
    const { height, content } = draw(width)
    const name = `${id}-${size}`
    return markup`
<svg class="chart ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${name}-title" aria-describedby="${name}-desc">
<title id="${name}-title">${title}</title>
<desc id="${name}-desc">${description}</desc>
${content}
</svg>`
  })}`
}

/** The width of a character in the widest font that a reader may have; digits are narrower. */
export const characterPx = 7.5
const gapPx = 8

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
/** Returns the texts of a scale's ticks, all in the same form. */
function tickTexts(ticks: readonly number[]): string[] {
  const isLong = Math.max(...ticks) >= 100_000
  return ticks.map((tick) => (isLong ? compact.format(tick) : number(tick)))
}

export const isNarrow = (width: number) => width < 500

/** Returns the width that the numbers of a scale need on its left. */
export function roomFor(scale: ScaleLinear<number, number>): number {
  const longest = Math.max(...tickTexts(yTicks(scale)).map(({ length }) => length))
  return Math.ceil(longest * characterPx) + gapPx
}

// A scale of counts has no fractions.
const yTicks = (scale: ScaleLinear<number, number>) => scale.ticks(4).filter(Number.isInteger)

export function yAxis(scale: ScaleLinear<number, number>, { left, right }: Plot): Markup {
  const ticks = yTicks(scale)
  const texts = tickTexts(ticks)
  return markup`${ticks.map((tick, index) => {
    const y = px(scale(tick))
    return markup`<line class="${tick === 0 ? 'base' : 'grid'}" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>
<text x="${left - gapPx}" y="${px(y + 4)}" text-anchor="end">${texts[index] ?? ''}</text>`
  })}`
}

const daysBetweenTicks = [1, 2, 5, 7, 14, 30]
const tickPx = 64

/**
 * Labels days from the start of the scale, as many as fit.
 *
 * @param within where in its day a label is: 0 if the scale shows moments, 0.5 if it shows a bar for each day
 */
export function dayAxis(
  scale: ScaleTime<number, number>,
  { right, bottom, width }: Plot,
  within: 0 | 0.5,
): Markup {
  const [start = 0, end = 0] = scale.domain().map(Number)
  const pxPerDay = scale(start + dayMs) - scale(start)
  const step = daysBetweenTicks.find((days) => days * pxPerDay >= tickPx) ?? 30
  const ticks = Array.from(
    { length: Math.floor((end - start - within * dayMs) / (step * dayMs)) + 1 },
    (_, index) => start + index * step * dayMs,
  )
  return markup`${ticks.map((tick) => {
    const x = px(scale(tick + within * dayMs))
    if (x > right) return null
    const anchor = anchorAt(x, width)
    return markup`<line class="tick" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}"/>
<text x="${x}" y="${bottom + 20}" text-anchor="${anchor}">${shortDay(tick)}</text>`
  })}`
}

/** Returns the anchor of a text on the axis, so that none sticks out at either end. */
export function anchorAt(x: number, width: number): 'start' | 'middle' | 'end' {
  if (x - tickPx / 3 < 0) return 'start'
  return x + tickPx / 3 > width ? 'end' : 'middle'
}

/** Coordinates need no more digits than a screen has pixels. */
export const px = (value: number) => Math.round(value * 10) / 10

/** Shown when the pointer rests on a bar. */
export const hint = (what: string, value: number, one: string) =>
  markup`<title>${what}: ${counted(value, one)}</title>`
