import type { Kysely, Migration } from 'kysely'

/** A person may leave history where it is for a while. */
export const backfill: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('connectors').addColumn('history_paused_at_ms', 'bigint').execute()
  },
}
