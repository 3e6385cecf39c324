import { dayMs } from './format.ts'
import { scaleLinear, scaleUtc } from 'd3-scale'
import { area, line } from 'd3-shape'
import { dayAxis, px, roomFor, yAxis, type Draw, type Plot } from './chart.ts'
import { markup } from './markup.ts'
import type { CallsOfMonth } from './report-data.ts'

export interface CallsLeft {
  atMs: number
  left: number
}

/**
 * The calls of the month that were left at its start, at each day's end and now. It is unknown on which days
 * others made theirs, so those are subtracted from the start.
 */
export function callsLeftByDay(calls: CallsOfMonth, nowMs: number): CallsLeft[] {
  const ours = calls.days.reduce((sum, day) => sum + day.calls, 0)
  let left = calls.calls_per_month - Math.max(calls.calls_this_month - ours, 0)
  const points = [{ atMs: Date.parse(calls.month_starts_at), left: Math.max(left, 0) }]
  for (const day of calls.days) {
    left -= day.calls
    points.push({ atMs: Math.min(Date.parse(day.starts_at) + dayMs, nowMs), left: Math.max(left, 0) })
  }
  return points
}

/** The calls that the forecast leaves at a time; null before it counts, or without one. */
export function forecastLeft(calls: CallsOfMonth, atMs: number): number | null {
  const { forecast } = calls
  if (forecast === null || atMs < Date.parse(forecast.counts_from)) return null
  const days = (atMs - Date.parse(forecast.counts_from)) / dayMs
  return Math.max(calls.calls_per_month - (forecast.calls_in_30_days * days) / 30, 0)
}

export const drawBurnDown =
  (calls: CallsOfMonth, nowMs: number): Draw =>
  (width) => {
    const [startMs, endMs] = [Date.parse(calls.month_starts_at), Date.parse(calls.month_ends_at)]
    const height = 260
    const y = scaleLinear([0, calls.calls_per_month], [height - 30, 12]).nice(4)
    const plot: Plot = { width, height, left: roomFor(y), right: width - 10, top: 12, bottom: height - 30 }
    const x = scaleUtc([startMs, endMs], [plot.left, plot.right])
    const points = callsLeftByDay(calls, nowMs)
    const last = points.at(-1)
    const path = line<CallsLeft>()
      .x(({ atMs }) => x(atMs))
      .y(({ left }) => y(left))
      .digits(1)
    const fill = area<CallsLeft>()
      .x(({ atMs }) => x(atMs))
      .y0(y(0))
      .y1(({ left }) => y(left))
      .digits(1)
    const forecast = forecastPoints(calls, startMs, endMs)
    return {
      height,
      content: markup`${yAxis(y, plot)}${dayAxis(x, plot)}
<path class="area" d="${fill(points) ?? ''}"/>
${forecast.length === 0 ? null : markup`<path class="forecast" d="${path(forecast) ?? ''}"/>`}
<path class="line" d="${path(points) ?? ''}"/>
${last === undefined ? null : markup`<circle class="dot" cx="${px(x(last.atMs))}" cy="${px(y(last.left))}" r="4"/>`}`,
    }
  }

/** Returns a straight line that stays at zero once it reaches zero. */
function forecastPoints(calls: CallsOfMonth, startMs: number, endMs: number): CallsLeft[] {
  const { forecast, calls_per_month: perMonth } = calls
  if (forecast === null) return []
  const fromMs = Math.max(Date.parse(forecast.counts_from), startMs)
  const emptyMs = fromMs + (perMonth / Math.max(forecast.calls_in_30_days, 1)) * 30 * dayMs
  return [...new Set([fromMs, Math.min(emptyMs, endMs), endMs])].map((atMs) => ({
    atMs,
    left: forecastLeft(calls, atMs) ?? 0,
  }))
}
