import { PostgresAdapter, sql, type Kysely, type Migration } from 'kysely'
import type { LedgerSchema } from '../../schema.ts'
import { storedId } from '../../stored-id.ts'

/**
 * Adds malformed rows, stored as they arrived, and ids and counts that PostgreSQL's columns and indexes could
 * not hold.
 */
export const setAside: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('set_aside')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('row_key', 'text', (c) => c.notNull())
      .addColumn('row_id', 'text')
      .addColumn('json', 'text')
      .addColumn('hashed', 'text')
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('scanned_at_ms', 'bigint')
      .addColumn('near_ms', 'bigint')
      .addColumn('first_seen_ms', 'bigint', (c) => c.notNull())
      .addColumn('last_seen_ms', 'bigint', (c) => c.notNull())
      .addColumn('asked_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('asked_sync_id', 'text')
      .addColumn('version', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('set_aside_pk', ['connector', 'stream', 'qr_code_id', 'row_key'])
      .execute()
    await db.schema
      .alterTable('qr_codes')
      .addColumn('set_aside_scans', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()
    const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
    if (isPostgres) await widenCounts(db)
    await hashLongIds(db, isPostgres)
  },
}

/** Counts of the API may be larger than 2^31; SQLite's integers are 64 bits wide already. */
async function widenCounts(db: Kysely<unknown>): Promise<void> {
  const counts = ['listed_scan_count', 'landed_scans', 'collecting_scan_count', 'collected_scan_count']
  const more = ['pending', 'gap', 'gap_accepted', 'analytics_scans']
  for (const column of [...counts, ...more]) {
    await db.schema
      .alterTable('qr_codes')
      .alterColumn(column, (c) => c.setDataType('bigint'))
      .execute()
  }
}

/** SQLite accepted any id: ids that are hashed from now on must still be found. */
async function hashLongIds(db: Kysely<LedgerSchema>, isPostgres: boolean): Promise<void> {
  const unfit = (column: string) =>
    isPostgres
      ? sql<boolean>`octet_length(${sql.ref(column)}) > 1000`
      : sql<boolean>`octet_length(${sql.ref(column)}) > 1000 or instr(${sql.ref(column)}, char(0)) > 0`
  for (const table of ['scans', 'analytics_daily', 'analytics_breakdown'] as const) {
    const rows = await db.selectFrom(table).select(['connector', 'seq', 'row']).where(unfit('id')).execute()
    for (const { connector, seq, row } of rows) {
      const { id } = JSON.parse(row) as { id: string }
      await db
        .updateTable(table)
        .set({ id: storedId(id) })
        .where('connector', '=', connector)
        .where('seq', '=', seq)
        .execute()
    }
  }
  for (const table of ['rejects', 'confirmations'] as const) {
    const rows = await db.selectFrom(table).select('row_id').distinct().where(unfit('row_id')).execute()
    for (const { row_id } of rows) {
      await db
        .updateTable(table)
        .set({ row_id: storedId(row_id) })
        .where('row_id', '=', row_id)
        .execute()
    }
  }
}
