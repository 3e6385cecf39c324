import type { SetAsideRow } from './set-aside-row.ts'

export const analyticsDimensions = ['device', 'os', 'browser', 'country', 'city'] as const
export type AnalyticsDimension = (typeof analyticsDimensions)[number]

/** The response of GET /qr-codes/{id}/analytics about one code over a range of UTC days, both inclusive. */
export interface Analytics {
  qr_code_id: string
  /** Such as `2026-03-14`. */
  from: string
  to: string
  total_scans: number | null
  unique_scans: number | null
  /** The days as sent: the API lists every day of the range, even those without a scan. */
  series: { date: string; scans: number; unique_scans: number | null }[]
  /** The shares that the plan includes: only Advanced has country and city. */
  breakdowns: { dimension: AnalyticsDimension; name: string; scans: number }[]
  /** Malformed days and shares. */
  setAside?: SetAsideShare[]
}

export interface SetAsideShare extends SetAsideRow {
  stream: 'analytics_daily' | 'analytics_breakdown'
}
