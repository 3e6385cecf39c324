import type { Kysely, Migration } from 'kysely'

/** Lets an operator pause history. */
export const backfill: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('connectors').addColumn('history_paused_at_ms', 'bigint').execute()
  },
}
