import { analyticsBreakdown } from './analytics-breakdown.ts'
import { analyticsDaily } from './analytics-daily.ts'
import type { Stream } from './define-stream.ts'
import { qrCodes } from './qr-codes.ts'
import { scans } from './scans.ts'

const definitions = {
  qr_codes: qrCodes,
  scans,
  analytics_daily: analyticsDaily,
  analytics_breakdown: analyticsBreakdown,
}

export type StreamName = keyof typeof definitions

/** Each stream, in the order in which a destination needs them: codes before rows that refer to them. */
export const streams: Readonly<Record<StreamName, Stream>> = definitions
export const streamNames = Object.keys(definitions) as readonly StreamName[]

/**
 * Streams that the ledger derives from landed rows: a row for each code, for each linked record, and for each
 * code and each scan of such a record.
 */
export const summaryNames = ['code_summaries', 'link_summaries', 'link_codes', 'link_scans'] as const
export type SummaryName = (typeof summaryNames)[number]

/** What a destination can accept. */
export type DeliveredStream = StreamName | SummaryName

export const isSummary = (stream: DeliveredStream): stream is SummaryName =>
  summaryNames.some((name) => name === stream)

/**
 * A row on its way from the ledger to a destination. `json` is the landed row, or a summary. Destinations that
 * load JSON pass it on without parsing it.
 */
export interface LandedRow {
  /**
   * The position in the stream; a destination's watermark is such a position. 0 for summaries, which have no
   * position.
   */
  seq: number
  id: string
  json: string
}
