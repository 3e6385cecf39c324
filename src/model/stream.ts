/** What is landed, in the order in which a destination wants it: codes before all that points to them. */
export const streamNames = ['qr_codes', 'scans', 'analytics_daily', 'analytics_breakdown'] as const
export type StreamName = (typeof streamNames)[number]

/** What the ledger makes of the landed rows: one row a code, or a link's key, that is as fresh as they are. */
export const summaryNames = ['code_summaries', 'link_summaries'] as const
export type SummaryName = (typeof summaryNames)[number]

/** What a destination may take. */
export type DeliveredStream = StreamName | SummaryName

export const isSummary = (stream: DeliveredStream): stream is SummaryName =>
  summaryNames.some((name) => name === stream)

/**
 * A row on its way from the ledger to a destination. `json` is the row as it was landed ({@link QrCode},
 * {@link Scan}, {@link AnalyticsDaily} or {@link AnalyticsBreakdown}), or a {@link CodeSummary} or {@link LinkSummary}:
 * destinations that load JSON pass it on without parsing it.
 */
export interface LandedRow {
  /** Position in the stream; a destination's watermark is such a position. 0 for summaries, which have none. */
  seq: number
  id: string
  json: string
}
