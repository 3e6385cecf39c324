import type { Kysely, Migration } from 'kysely'

/**
 * Adds summaries for destinations with one record per code, what they have confirmed, replays, and vendors'
 * limits.
 */
export const destinations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('connectors')
      .addColumn('rolled_up_seq', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()

    await db.schema
      .createTable('code_rollups')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('rollup', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('code_rollups_pk', ['connector', 'qr_code_id'])
      .execute()

    await db.schema
      .createTable('confirmations')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('row_id', 'text', (c) => c.notNull())
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('confirmations_pk', ['connector', 'destination', 'stream', 'row_id'])
      .execute()

    await db.schema.alterTable('deliveries').addColumn('drained_at_ms', 'bigint').execute()
    await db.schema.alterTable('rejects').addColumn('fingerprint', 'text').execute()
    await db.schema
      .alterTable('rejects')
      .addColumn('replay', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()

    await db.schema
      .createTable('vendor_calls')
      .addColumn('account', 'text', (c) => c.notNull())
      .addColumn('window', 'text', (c) => c.notNull())
      .addColumn('bucket_ms', 'bigint', (c) => c.notNull())
      .addColumn('calls', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('vendor_calls_pk', ['account', 'window', 'bucket_ms'])
      .execute()
  },
}
