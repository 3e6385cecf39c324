import type { Kysely, Migration } from 'kysely'
import { partsOf } from '../../parts-of.ts'

const rowsPerStatement = 2_000

/** The tables that the migration reads and writes, as they are at that version. */
interface Tables {
  confirmations: { connector: string; destination: string; stream: string; row_id: string }
  rejects: { stream: string }
  deliveries: { stream: string; watermark_seq: number; drained_at_ms: number | null }
  link_keys: { connector: string; destination: string; rule: string; key: string }
}

/**
 * Adds which record of a destination each key of a link rule names. From this version on, `link_summaries` has
 * one row per record, not one per key. The next delivery looks up every confirmed key, including those that no
 * code names any more, so that no record keeps the sum of only one of its keys.
 */
export const links: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('link_keys')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('destination', 'text', (c) => c.notNull())
      .addColumn('rule', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('record_id', 'text')
      .addColumn('is_refused', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('looked_at_ms', 'bigint', (c) => c.notNull().defaultTo(0))
      .addPrimaryKeyConstraint('link_keys_pk', ['connector', 'destination', 'rule', 'key'])
      .execute()

    const tables = db as Kysely<Tables>
    const confirmed = await tables
      .selectFrom('confirmations')
      .select(['connector', 'destination', 'row_id'])
      .where('stream', '=', 'link_summaries')
      .execute()
    const keys = confirmed.map(({ connector, destination, row_id: id }) => {
      // A rule's name has no slash; a key may.
      const slash = id.indexOf('/')
      return { connector, destination, rule: id.slice(0, slash), key: id.slice(slash + 1) }
    })
    for (const part of partsOf(keys, rowsPerStatement)) {
      await tables.insertInto('link_keys').values(part).execute()
    }
    await tables.deleteFrom('confirmations').where('stream', '=', 'link_summaries').execute()
    await tables.deleteFrom('rejects').where('stream', '=', 'link_summaries').execute()
    await tables
      .updateTable('deliveries')
      .set({ watermark_seq: 0, drained_at_ms: null })
      .where('stream', '=', 'link_summaries')
      .execute()
  },
}
