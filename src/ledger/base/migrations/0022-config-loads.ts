import type { Kysely, Migration } from 'kysely'

/** Stores whether the running config is the one in the file. */
export const configLoads: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('config_loads')
      .addColumn('connector', 'text', (c) => c.primaryKey())
      .addColumn('loaded_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('problem', 'text')
      .addColumn('problem_since_ms', 'bigint')
      .addColumn('restart', 'text')
      .execute()
  },
}
