import { sql, type RawBuilder } from 'kysely'
import type { StreamName } from '../../streams/streams.ts'
import { warehouseColumns } from '../warehouse-columns.ts'
import type { Tables } from './database.ts'

interface View {
  comment: string
  /** The tables that it reads. */
  of: readonly StreamName[]
  query: (at: (table: StreamName) => RawBuilder<unknown>) => RawBuilder<unknown>
}

/** Columns of the view `scans_with_codes`, after those that it names. */
const otherColumns = warehouseColumns('scans')
  .map(([name]) => name)
  .filter((name) => !['id', 'scanned_at', 'qr_code_id'].includes(name))

/**
 * Views for the usual questions of a dashboard. Days are UTC days and periods are counted in hours, so that the
 * numbers do not depend on the time zone of the session.
 */
export const views = {
  scans_by_day: {
    comment: 'Scans and unique scans of each UTC day.',
    of: ['scans'],
    query: (at) => sql`
      select
        (scanned_at at time zone 'UTC')::date as day,
        count(*) as scans,
        count(*) filter (where is_unique) as unique_scans
      from ${at('scans')}
      group by 1
      order by 1`,
  },
  // A left join, so that a scan of an unknown code is not hidden.
  scans_with_codes: {
    comment: 'Each scan with the name, the destination and the status of its code.',
    of: ['qr_codes', 'scans'],
    query: (at) => sql`
      select
        scans.id,
        scans.scanned_at,
        scans.qr_code_id,
        codes.name as code_name,
        codes.destination_url,
        codes.status as code_status,
        ${sql.join(otherColumns.map((name) => sql.ref(`scans.${name}`)))}
      from ${at('scans')} as scans
      left join ${at('qr_codes')} as codes on codes.id = scans.qr_code_id`,
  },
  // Sums of bigint are numeric, which some tools read as text.
  analytics_by_day: {
    comment: "The API's own count of scans and unique scans of each UTC day, all codes together.",
    of: ['analytics_daily'],
    query: (at) => sql`
      select
        date as day,
        sum(scans)::bigint as scans,
        sum(unique_scans)::bigint as unique_scans
      from ${at('analytics_daily')}
      group by date
      order by date`,
  },
  // A full join, so that codes without scans count 0, and scans of an unknown code are not hidden.
  scans_by_code: {
    comment: 'Each code with what was scanned: in all, and in the last 7 and 30 times 24 hours.',
    of: ['qr_codes', 'scans'],
    query: (at) => sql`
      select
        coalesce(codes.id, counts.qr_code_id) as qr_code_id,
        codes.name,
        codes.destination_url,
        coalesce(counts.scans, 0) as scans,
        coalesce(counts.unique_scans, 0) as unique_scans,
        counts.first_scanned_at,
        counts.last_scanned_at,
        coalesce(counts.scans_last_7_days, 0) as scans_last_7_days,
        coalesce(counts.scans_last_30_days, 0) as scans_last_30_days
      from ${at('qr_codes')} as codes
      full join (
        select
          qr_code_id,
          count(*) as scans,
          count(*) filter (where is_unique) as unique_scans,
          min(scanned_at) as first_scanned_at,
          max(scanned_at) as last_scanned_at,
          count(*) filter (where scanned_at > now() - interval '168 hours') as scans_last_7_days,
          count(*) filter (where scanned_at > now() - interval '720 hours') as scans_last_30_days
        from ${at('scans')}
        group by qr_code_id
      ) as counts on counts.qr_code_id = codes.id`,
  },
} satisfies Record<string, View>

export type ViewName = keyof typeof views
export const viewNames = Object.keys(views) as ViewName[]

export async function createView(tables: Tables, schema: string, name: ViewName): Promise<void> {
  const { query, comment } = views[name]
  const select = query((table) => sql.id(schema, table))
  // Another worker may have created it first.
  await tables.schema.createView(name).orReplace().as(select).execute()
  await sql`comment on view ${sql.id(schema, name)} is ${sql.lit(comment)}`.execute(tables)
}
