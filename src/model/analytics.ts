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

/** One row of the stream analytics_daily. */
export interface AnalyticsDaily {
  /** `${qr_code_id}/${date}` */
  id: string
  qr_code_id: string
  date: string
  scans: number
  unique_scans: number | null
}

/** One row of the stream analytics_breakdown: over the days `from`..`to`. */
export interface AnalyticsBreakdown {
  /** `${qr_code_id}/${dimension}/${name}` */
  id: string
  qr_code_id: string
  dimension: string
  name: string
  scans: number
  from: string
  to: string
}
