import { sql, type Kysely, type Migration } from 'kysely'

/**
 * Renames `from` and `to` in the landed rows, because they are reserved words of SQL. Quotation marks inside a
 * text of a row are escaped, so this finds only names of fields.
 */
export const breakdownDays: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`update analytics_breakdown
      set row = replace(replace(row, '"from":"', '"first_day":"'), '"to":"', '"last_day":"')`.execute(db)
  },
}
