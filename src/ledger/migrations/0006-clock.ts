import type { Kysely, Migration } from 'kysely'

/** How far the clock of whoever made the last calls is ahead of the API's. */
export const clock: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('connectors').addColumn('clock_skew_ms', 'bigint').execute()
  },
}
