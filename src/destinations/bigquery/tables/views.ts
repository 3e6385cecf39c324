import type { StreamName } from '../../../streams/streams.ts'

export interface View {
  description: string
  /** The tables that it reads. */
  of: readonly StreamName[]
  query: string
}

/**
 * Views for the usual questions of a dashboard. Days are UTC days, and "the last 7 days" are 7 times 24 hours.
 *
 * @param at returns a table's name in SQL
 */
export function viewsOn(at: (table: string) => string): Record<string, View> {
  return {
    scans_by_day: {
      description: 'Scans and unique scans of each UTC day.',
      of: ['scans'],
      query: `
SELECT
  DATE(scanned_at) AS day,
  COUNT(*) AS scans,
  COUNTIF(is_unique) AS unique_scans
FROM ${at('scans')}
GROUP BY day`,
    },
    // A left join, so that a scan of an unknown code is not hidden.
    scans_with_codes: {
      description: 'Each scan with the name, the destination and the status of its code.',
      of: ['qr_codes', 'scans'],
      query: `
SELECT
  scans.id,
  scans.scanned_at,
  scans.qr_code_id,
  codes.name AS code_name,
  codes.destination_url,
  codes.status AS code_status,
  scans.* EXCEPT (id, scanned_at, qr_code_id)
FROM ${at('scans')} AS scans
LEFT JOIN ${at('qr_codes')} AS codes ON codes.id = scans.qr_code_id`,
    },
    // A full join, so that codes without scans count 0, and scans of an unknown code are not hidden.
    code_performance: {
      description: 'Each code with what was scanned: in all, and in the last 7 and 30 times 24 hours.',
      of: ['qr_codes', 'scans'],
      query: `
SELECT
  COALESCE(codes.id, counts.qr_code_id) AS qr_code_id,
  codes.name,
  codes.destination_url,
  codes.status,
  COALESCE(counts.scans, 0) AS scans,
  COALESCE(counts.unique_scans, 0) AS unique_scans,
  COALESCE(counts.scans_last_7_days, 0) AS scans_last_7_days,
  COALESCE(counts.scans_last_30_days, 0) AS scans_last_30_days,
  counts.first_scanned_at,
  counts.last_scanned_at
FROM ${at('qr_codes')} AS codes
FULL JOIN (
  SELECT
    qr_code_id,
    COUNT(*) AS scans,
    COUNTIF(is_unique) AS unique_scans,
    COUNTIF(scanned_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 168 HOUR)) AS scans_last_7_days,
    COUNTIF(scanned_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 720 HOUR)) AS scans_last_30_days,
    MIN(scanned_at) AS first_scanned_at,
    MAX(scanned_at) AS last_scanned_at
  FROM ${at('scans')}
  GROUP BY qr_code_id
) AS counts ON counts.qr_code_id = codes.id`,
    },
  }
}
