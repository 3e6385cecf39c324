/** What is synced, in the order in which a destination wants it: codes before the scans that point to them. */
export const streamNames = ['qr_codes', 'scans'] as const
export type StreamName = (typeof streamNames)[number]

/**
 * A row on its way from the ledger to a destination. `json` is the row as it was landed ({@link Scan} or
 * {@link QrCode}): destinations that load JSON pass it on without parsing it.
 */
export interface LandedRow {
  /** Position in the stream; a destination's watermark is such a position. */
  seq: number
  id: string
  json: string
}
