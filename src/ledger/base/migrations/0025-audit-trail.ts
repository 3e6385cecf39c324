import { PostgresAdapter, type Kysely, type Migration } from 'kysely'

/** Records who has changed what manually. */
export const auditTrail: Migration = {
  async up(db: Kysely<unknown>) {
    const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
    await db.schema
      .createTable('audit_trail')
      .addColumn('id', 'integer', (c) =>
        isPostgres ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey(),
      )
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('via', 'text', (c) => c.notNull())
      .addColumn('user_name', 'text')
      .addColumn('destination', 'text')
      .addColumn('qr_code_id', 'text')
      .addColumn('details', 'text')
      .execute()
    await db.schema
      .createIndex('audit_trail_of_connector')
      .on('audit_trail')
      .columns(['connector', 'id'])
      .execute()
  },
}
