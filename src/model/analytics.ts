import type { SetAsideRow } from './set-aside-row.ts'

export const analyticsDimensions = ['device', 'os', 'browser', 'country', 'city'] as const
export type AnalyticsDimension = (typeof analyticsDimensions)[number]

/** What GET /qr-codes/{id}/analytics tells of one code over a range of UTC days, both included. */
export interface Analytics {
  qr_code_id: string
  /** As in `2026-03-14`. */
  from: string
  to: string
  total_scans: number | null
  unique_scans: number | null
  /** The days as sent: the API lists every day of the range, also those without a scan. */
  series: { date: string; scans: number; unique_scans: number | null }[]
  /** The shares that the plan has: only Advanced has country and city. */
  breakdowns: { dimension: AnalyticsDimension; name: string; scans: number }[]
  /** Days and shares that do not fit. */
  setAside?: SetAsideShare[]
}

export interface SetAsideShare extends SetAsideRow {
  stream: 'analytics_daily' | 'analytics_breakdown'
}
