import { sql, type Kysely, type Migration } from 'kysely'

/**
 * Renames `from` and `to` in the landed rows, which are words of SQL. Within a text of a row, quotation marks are escaped: so only
 * names of fields are found.
 */
export const breakdownDays: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`update analytics_breakdown
      set row = replace(replace(row, '"from":"', '"first_day":"'), '"to":"', '"last_day":"')`.execute(db)
  },
}
