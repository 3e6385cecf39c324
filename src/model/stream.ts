/** What is synced, in the order in which a destination wants it: codes before all that points to them. */
export const streamNames = ['qr_codes', 'scans', 'analytics_daily', 'analytics_breakdown'] as const
export type StreamName = (typeof streamNames)[number]

/**
 * A row on its way from the ledger to a destination. `json` is the row as it was landed ({@link QrCode},
 * {@link Scan}, {@link AnalyticsDaily} or {@link AnalyticsBreakdown}): destinations that load JSON pass it on without
 * parsing it.
 */
export interface LandedRow {
  /** Position in the stream; a destination's watermark is such a position. */
  seq: number
  id: string
  json: string
}
