import type { Kysely, Migration } from 'kysely'

/**
 * Adds what each destination writes to, when rows that were refused without a test are sent again, and which
 * daily limits of vendors are spent.
 */
export const hubspot: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('destination_targets')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('identity', 'text', (c) => c.notNull())
      .addColumn('before', 'text')
      .addColumn('changed_at_ms', 'bigint')
      .addPrimaryKeyConstraint('destination_targets_pk', ['connector', 'destination'])
      .execute()
    await db.schema.alterTable('rejects').addColumn('again_at_ms', 'bigint').execute()
  },
}
