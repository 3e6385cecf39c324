import { dayMs } from './format.ts'
import { scaleLinear, scaleUtc } from 'd3-scale'
import { area, line } from 'd3-shape'
import { dayAxis, px, roomFor, yAxis, type Draw, type Plot } from './chart.ts'
import { markup } from './markup.ts'
import type { CallsOfMonth, MonthForecast } from './report-data.ts'

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

/** The calls that the forecast leaves at a time; null before it was made, or without one. */
export function forecastLeft({ forecast }: CallsOfMonth, atMs: number): number | null {
  if (forecast === null || atMs < Date.parse(forecast.made_at)) return null
  const { fromMs, left, perDay } = slopeOf(forecast)
  return Math.max(left - (perDay * (atMs - fromMs)) / dayMs, 0)
}

function slopeOf(forecast: MonthForecast): { fromMs: number; left: number; perDay: number } {
  const { made_at: madeAt, calls_left: left, calls_in_30_days: calls, history_calls: history } = forecast
  const atOnce = history + forecast.first_analytics_calls
  return { fromMs: Date.parse(madeAt), left: Math.max(left - atOnce, 0), perDay: (calls - history) / 30 }
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
    const forecast = forecastPoints(calls, endMs)
    return {
      height,
      content: markup`${yAxis(y, plot)}${dayAxis(x, plot, 0)}
<path class="area" d="${fill(points) ?? ''}"/>
${forecast.length === 0 ? null : markup`<path class="forecast" d="${path(forecast) ?? ''}"/>`}
<path class="line" d="${path(points) ?? ''}"/>
${last === undefined ? null : markup`<circle class="dot" cx="${px(x(last.atMs))}" cy="${px(y(last.left))}" r="4"/>`}`,
    }
  }

/** Returns a straight line that stays at zero once it reaches zero. */
function forecastPoints(calls: CallsOfMonth, endMs: number): CallsLeft[] {
  const { forecast } = calls
  if (forecast === null) return []
  const { fromMs, left, perDay } = slopeOf(forecast)
  const emptyMs = fromMs + (left / Math.max(perDay, 1 / 30)) * dayMs
  return [...new Set([fromMs, Math.min(emptyMs, endMs), endMs])].map((atMs) => ({
    atMs,
    left: forecastLeft(calls, atMs) ?? 0,
  }))
}
