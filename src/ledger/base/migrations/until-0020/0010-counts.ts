import type { Kysely, Migration } from 'kysely'

/** Adds counts that fall, and days that were read again with the API's count at that time. */
export const counts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const name of ['count_base', 'count_unsettled']) {
      await db.schema
        .alterTable('qr_codes')
        .addColumn(name, 'integer', (c) => c.notNull().defaultTo(0))
        .execute()
    }
    for (const name of ['count_fell_at_ms', 'gap_searched_at_ms']) {
      await db.schema.alterTable('qr_codes').addColumn(name, 'bigint').execute()
    }

    await db.schema.alterTable('gap_days').addColumn('to_day', 'text').execute()
    for (const name of ['offset_minutes', 'is_neighbour']) {
      await db.schema
        .alterTable('gap_days')
        .addColumn(name, 'integer', (c) => c.notNull().defaultTo(0))
        .execute()
    }

    await db.schema
      .createTable('read_days')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('day', 'text', (c) => c.notNull())
      .addColumn('scans', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('read_days_pk', ['connector', 'qr_code_id', 'day'])
      .execute()
  },
}
