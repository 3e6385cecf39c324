import type { Kysely, Migration } from 'kysely'

/** Adds streams that fail while the destination's other streams continue. */
export const delivery: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('delivery_failures')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('code', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('since_ms', 'bigint', (c) => c.notNull())
      .addColumn('failed_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('retry_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('delivery_failures_pk', ['connector', 'destination', 'stream'])
      .execute()
  },
}
