import type { Kysely, Migration } from 'kysely'

/** Stores which codes were erased, and which destinations still have to erase them. */
export const erasures: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('erased_codes')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('erased_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('erased_codes_pk', ['connector', 'qr_code_id'])
      .execute()
    await db.schema
      .createTable('erasures')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('erased_at_ms', 'bigint')
      .addColumn('due_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('problem', 'text')
      .addPrimaryKeyConstraint('erasures_pk', ['connector', 'destination', 'qr_code_id'])
      .execute()
  },
}
