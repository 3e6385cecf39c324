import { PostgresAdapter, type ColumnDefinitionBuilder, type Kysely, type Migration } from 'kysely'

export const initial: Migration = {
  async up(db: Kysely<unknown>) {
    // SQLite numbers an integer primary key automatically; PostgreSQL needs a declaration.
    const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
    const numbered = (c: ColumnDefinitionBuilder) => (isPostgres ? c.generatedByDefaultAsIdentity() : c)

    await db.schema
      .createTable('connectors')
      .addColumn('connector', 'text', (c) => c.primaryKey())
      .addColumn('key_fingerprint', 'text')
      .addColumn('account_id', 'text')
      .addColumn('plan', 'text')
      .addColumn('calls_per_minute', 'integer', (c) => c.notNull())
      .addColumn('calls_per_month', 'integer', (c) => c.notNull())
      .addColumn('identified_at_ms', 'bigint')
      .addColumn('gate_until_ms', 'bigint', (c) => c.notNull())
      .addColumn('gate_reason', 'text')
      .addColumn('list_watermark_ms', 'bigint')
      .addColumn('list_pass_kind', 'text')
      .addColumn('list_pass_page', 'integer', (c) => c.notNull())
      .addColumn('list_pass_high_ms', 'bigint')
      .addColumn('full_listed_at_ms', 'bigint')
      .addColumn('lease_holder', 'text')
      .addColumn('lease_until_ms', 'bigint', (c) => c.notNull())
      .addColumn('qr_codes_seq', 'bigint', (c) => c.notNull())
      .addColumn('scans_seq', 'bigint', (c) => c.notNull())
      .execute()

    await db.schema
      .createTable('months')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('month', 'text', (c) => c.notNull())
      .addColumn('calls', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('months_pk', ['connector', 'month'])
      .execute()

    await db.schema
      .createTable('calls')
      .addColumn('id', 'integer', (c) => numbered(c.primaryKey()))
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('endpoint', 'text', (c) => c.notNull())
      .addColumn('purpose', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text')
      .addColumn('sent_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('settled_at_ms', 'bigint')
      .addColumn('window_until_ms', 'bigint', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('http_status', 'integer')
      .addColumn('rows', 'integer')
      .addColumn('retry_after_ms', 'bigint')
      .execute()
    await db.schema
      .createIndex('calls_window')
      .on('calls')
      .columns(['connector', 'window_until_ms'])
      .execute()

    await db.schema
      .createTable('qr_codes')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('row', 'text', (c) => c.notNull())
      .addColumn('deleted', 'integer', (c) => c.notNull())
      .addColumn('listed_scan_count', 'integer')
      .addColumn('listed_last_scanned_at', 'text')
      .addColumn('landed_scans', 'integer', (c) => c.notNull())
      .addColumn('collecting_scan_count', 'integer')
      .addColumn('collecting_last_scanned_at', 'text')
      .addColumn('collected_scan_count', 'integer')
      .addColumn('collected_last_scanned_at', 'text')
      .addColumn('collected_at_ms', 'bigint')
      .addColumn('due_since_ms', 'bigint')
      .addColumn('cursor_from', 'text')
      .addColumn('cursor_page', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('qr_codes_pk', ['connector', 'id'])
      .execute()
    await db.schema
      .createIndex('qr_codes_seq')
      .on('qr_codes')
      .columns(['connector', 'seq'])
      .unique()
      .execute()
    await db.schema
      .createIndex('qr_codes_due')
      .on('qr_codes')
      .columns(['connector', 'due_since_ms'])
      .execute()

    await db.schema
      .createTable('scans')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('scanned_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('row', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('scans_pk', ['connector', 'seq'])
      .execute()
    // A scan is identified by its id. Code and time come before it in the key because a page contains scans of
    // neighbouring times: it then touches two or three pages of the index and not a hundred, which lands
    // 200,000 scans in a third of the time.
    await db.schema
      .createIndex('scans_identity')
      .on('scans')
      .columns(['connector', 'qr_code_id', 'scanned_at_ms', 'id'])
      .unique()
      .execute()

    await db.schema
      .createTable('deliveries')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('watermark_seq', 'bigint', (c) => c.notNull())
      .addColumn('delivered_rows', 'bigint', (c) => c.notNull())
      .addColumn('updated_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('deliveries_pk', ['connector', 'destination', 'stream'])
      .execute()

    await db.schema
      .createTable('rejects')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('row_id', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('rejected_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('rejects_pk', ['connector', 'destination', 'stream', 'row_id'])
      .execute()
  },
}
