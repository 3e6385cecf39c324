import type { StreamName } from '../../streams/streams.ts'

interface View {
  comment: string
  /** The tables that it reads. */
  of: readonly StreamName[]
  sql: string
}

/**
 * Views for the usual questions of a dashboard. Days are UTC days and periods are counted in hours, so that the
 * numbers do not depend on the reader's time zone.
 */
export const views = {
  scans_by_day: {
    comment: 'Scans and unique scans of each UTC day.',
    of: ['scans'],
    sql: `
      SELECT
        CAST(scanned_at AT TIME ZONE 'UTC' AS DATE) AS day,
        count(*) AS scans,
        count(*) FILTER (is_unique) AS unique_scans
      FROM scans
      GROUP BY day
      ORDER BY day`,
  },
  // A left join, so that a scan of an unknown code is not hidden.
  scans_with_codes: {
    comment: 'Each scan with the name, the destination and the status of its code.',
    of: ['qr_codes', 'scans'],
    sql: `
      SELECT
        scans.id,
        scans.scanned_at,
        scans.qr_code_id,
        qr_codes.name AS code_name,
        qr_codes.destination_url,
        qr_codes.status AS code_status,
        scans.* EXCLUDE (id, scanned_at, qr_code_id)
      FROM scans
      LEFT JOIN qr_codes ON qr_codes.id = scans.qr_code_id`,
  },
  // Sums of BIGINT are HUGEINT, which many tools cannot read.
  analytics_by_day: {
    comment: "The API's own count of scans and unique scans of each UTC day, all codes together.",
    of: ['analytics_daily'],
    sql: `
      SELECT
        date AS day,
        CAST(sum(scans) AS BIGINT) AS scans,
        CAST(sum(unique_scans) AS BIGINT) AS unique_scans
      FROM analytics_daily
      GROUP BY date
      ORDER BY date`,
  },
  // A full join, so that codes without scans count 0, and scans of an unknown code are not hidden.
  scans_by_code: {
    comment: 'Each code with what was scanned: in all, and in the last 7 and 30 times 24 hours.',
    of: ['qr_codes', 'scans'],
    sql: `
      SELECT
        coalesce(qr_codes.id, counts.qr_code_id) AS qr_code_id,
        qr_codes.name,
        qr_codes.destination_url,
        coalesce(counts.scans, 0) AS scans,
        coalesce(counts.unique_scans, 0) AS unique_scans,
        counts.first_scanned_at,
        counts.last_scanned_at,
        coalesce(counts.scans_last_7_days, 0) AS scans_last_7_days,
        coalesce(counts.scans_last_30_days, 0) AS scans_last_30_days
      FROM qr_codes
      FULL JOIN (
        SELECT
          qr_code_id,
          count(*) AS scans,
          count(*) FILTER (is_unique) AS unique_scans,
          min(scanned_at) AS first_scanned_at,
          max(scanned_at) AS last_scanned_at,
          count(*) FILTER (scanned_at > now() - INTERVAL 168 HOURS) AS scans_last_7_days,
          count(*) FILTER (scanned_at > now() - INTERVAL 720 HOURS) AS scans_last_30_days
        FROM scans
        GROUP BY qr_code_id
      ) AS counts ON counts.qr_code_id = qr_codes.id`,
  },
} satisfies Record<string, View>

export type ViewName = keyof typeof views
export const viewNames = Object.keys(views) as ViewName[]
