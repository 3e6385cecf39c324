import { PostgresAdapter, sql, type Kysely, type Migration } from 'kysely'

/** Keeps what was reported, for `qrsync logs`. Alerts that are on begin it. */
export const alertHistory: Migration = {
  async up(db: Kysely<unknown>) {
    const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
    await db.schema
      .createTable('alert_history')
      .addColumn('id', 'integer', (c) =>
        isPostgres ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey(),
      )
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('condition', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .execute()
    await db.schema
      .createIndex('alert_history_of_connector')
      .on('alert_history')
      .columns(['connector', 'id'])
      .execute()
    await sql`insert into alert_history (connector, condition, destination, state, at_ms, text)
      select connector, condition, destination, 'began', began_at_ms, '' from alerts order by began_at_ms`.execute(
      db,
    )
  },
}
