import { sql, type Kysely, type Migration } from 'kysely'

/** Adds an index on the month's calls for history, which every plan counts: it then reads no other calls. */
export const historyCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createIndex('calls_of_history')
      .on('calls')
      .columns(['connector', 'sent_at_ms'])
      .where(sql.ref('purpose'), '=', sql.lit('history'))
      .execute()
  },
}
