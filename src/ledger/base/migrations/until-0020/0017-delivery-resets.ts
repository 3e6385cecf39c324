import type { Kysely, Migration } from 'kysely'

/** Counts how often each destination was reset: a batch that was read before a reset settles nothing. */
export const deliveryResets: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('delivery_resets')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('resets', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('delivery_resets_pk', ['connector', 'destination'])
      .execute()
  },
}
