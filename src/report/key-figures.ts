import { count, day, duration, number } from './format.ts'
import { markup, type Markup } from './markup.ts'
import type { ReportData } from './report-data.ts'

export interface KeyFigure {
  name: string
  value: string
  note: Markup | string
  /** Whether it needs attention. */
  isBad?: boolean
}

/** Summarises the page in six numbers. */
export function keyFigures(data: ReportData): Markup {
  return figureList([
    calls(data),
    scans(data),
    lag(data),
    completeness(data),
    destinations(data),
    rejects(data),
  ])
}

/** Numbers that readers see first. */
export function figureList(figures: readonly KeyFigure[]): Markup {
  return markup`
<dl class="figures${figures.length === 4 ? ' four' : ''}">${figures.map(
    ({ name, value, note, isBad = false }) => markup`
<div><dt>${name}</dt><dd class="value${isBad ? ' bad' : ''}">${value}</dd><dd class="note">${note}</dd></div>`,
  )}
</dl>`
}

function calls({ calls: month }: ReportData): KeyFigure {
  const left = Math.max(month.calls_per_month - month.calls_this_month, 0)
  const until = day(Date.parse(month.month_ends_at))
  return {
    name: 'Calls left',
    value: number(left),
    note: `of ${number(month.calls_per_month)} until ${until}`,
    isBad: left === 0,
  }
}

function scans({ codes: { total, since } }: ReportData): KeyFigure {
  return { name: 'Scans', value: number(total.recent_scans), note: `since ${day(Date.parse(since))}` }
}

function lag({ lags }: ReportData): KeyFigure {
  return {
    name: 'From scan to landed',
    value: duration(lags.p50_lag_h),
    note:
      lags.scans === 0
        ? 'no scans yet'
        : `for half of the scans since the set-up; 95 % within ${duration(lags.p95_lag_h)}`,
  }
}

function completeness({ completeness: { codes, complete_codes: complete, missing } }: ReportData): KeyFigure {
  const isBad = missing.unexplained > 0
  return {
    name: 'Complete codes',
    value: number(complete),
    note: isBad
      ? `of ${number(codes)}; ${count(missing.unexplained, 'scan')} missing`
      : `of ${number(codes)}`,
    isBad,
  }
}

function destinations({ destinations: all }: ReportData): KeyFigure {
  const behind = all.flatMap(({ streams }) => streams).reduce((sum, { rows_behind: rows }) => sum + rows, 0)
  return { name: 'Rows behind', value: number(behind), note: `in ${count(all.length, 'destination')}` }
}

function rejects({ rejects: { rows } }: ReportData): KeyFigure {
  return {
    name: 'Refused rows',
    value: number(rows),
    note: rows === 0 ? 'by no destination' : 'see why below',
    isBad: rows > 0,
  }
}
