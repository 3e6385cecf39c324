import type { Kysely, Migration } from 'kysely'

/**
 * Adds what operators need and rows did not contain: how old rows are, when syncs last succeeded, and which
 * alerts are active.
 */
export const observability: Migration = {
  async up(db: Kysely<unknown>) {
    for (const name of ['synced_at_ms', 'sync_due_ms']) {
      await db.schema.alterTable('connectors').addColumn(name, 'bigint').execute()
    }

    await db.schema.alterTable('qr_codes').addColumn('missed_at_ms', 'bigint').execute()
    for (const stream of ['qr_codes', 'analytics_daily', 'analytics_breakdown']) {
      await db.schema
        .alterTable(stream)
        .addColumn('landed_at_ms', 'bigint', (c) => c.notNull().defaultTo(0))
        .execute()
    }

    await db.schema
      .createTable('alerts')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('condition', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('began_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('alerts_pk', ['connector', 'condition', 'destination'])
      .execute()

    await db.schema
      .createTable('alert_messages')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addColumn('made_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('due_at_ms', 'bigint', (c) => c.notNull())
      .execute()
  },
}
