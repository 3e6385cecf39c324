import type { Kysely, Migration } from 'kysely'

/** Stores how many scans of a code are written for a record that the code names. */
export const linkedPairs: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('linked_pairs')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('rule', 'text', (c) => c.notNull())
      .addColumn('record_id', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('place', 'text', (c) => c.notNull())
      .addColumn('up_to_seq', 'bigint', (c) => c.notNull())
      .addColumn('is_following', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('linked_pairs_pk', [
        'connector',
        'destination',
        'rule',
        'record_id',
        'qr_code_id',
      ])
      .execute()
  },
}
