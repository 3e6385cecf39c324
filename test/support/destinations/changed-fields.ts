import type { DeliveredStream } from '../../../src/streams/streams.ts'

/** The fields that differ in another version of a row. */
export const changedFields: Record<DeliveredStream, object> = {
  qr_codes: { name: 'Other', scan_count: 8, last_scanned_at: null, extra: null },
  scans: { city: null, is_unique: false, extra: { a: 1 } },
  analytics_daily: { scans: 13, unique_scans: null },
  analytics_breakdown: { scans: 6, first_day: '2026-02-13', last_day: '2026-03-15' },
  code_summaries: { name: 'Other', total_scans: 13, unique_scans: null, status: 'deleted' },
  link_codes: { is_linked: false },
  link_scans: { is_linked: false },
  link_summaries: { codes: 3, total_scans: 13, last_scanned_at: null },
}
