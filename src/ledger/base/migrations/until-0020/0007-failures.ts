import type { Kysely, Migration } from 'kysely'

/** Adds failures of the API: single targets, each with its own backoff, and whole endpoints or the API itself. */
export const failures: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('failures')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('endpoint', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('code', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('stalls', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('since_ms', 'bigint', (c) => c.notNull())
      .addColumn('failed_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('retry_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('sync_id', 'text')
      .addPrimaryKeyConstraint('failures_pkey', ['connector', 'endpoint', 'qr_code_id'])
      .execute()
    await db.schema
      .createTable('outages')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('endpoint', 'text', (c) => c.notNull())
      .addColumn('code', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('first_failed_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('since_ms', 'bigint')
      .addColumn('looks', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('calls', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('called_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('looked_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('next_look_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('next_call_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('sync_id', 'text')
      .addPrimaryKeyConstraint('outages_pkey', ['connector', 'scope'])
      .execute()
  },
}
