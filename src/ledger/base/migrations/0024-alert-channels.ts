import { sql, type Kysely, type Migration } from 'kysely'

/** Sends messages about alerts to several channels. */
export const alertChannels: Migration = {
  async up(db: Kysely<unknown>) {
    // Messages in the old form are dropped: the alerts of a connector with such messages begin again.
    await sql`delete from alerts where connector in (select connector from alert_messages)`.execute(db)
    await sql`delete from alert_messages`.execute(db)
    await db.schema
      .alterTable('alert_messages')
      .addColumn('channel', 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  },
}
