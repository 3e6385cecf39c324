import { sql, type Kysely, type Migration } from 'kysely'

/** Messages about alerts go to several channels. */
export const alertChannels: Migration = {
  async up(db: Kysely<unknown>) {
    // What was to be told in the old form is told anew: a connector with such messages has its alerts begin once more.
    await sql`delete from alerts where connector in (select connector from alert_messages)`.execute(db)
    await sql`delete from alert_messages`.execute(db)
    await db.schema
      .alterTable('alert_messages')
      .addColumn('channel', 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  },
}
