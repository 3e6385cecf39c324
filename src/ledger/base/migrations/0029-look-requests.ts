import type { Kysely, Migration } from 'kysely'

/** Stores which keys somebody wants to have looked up before their time. */
export const lookRequests: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('link_keys')
      .addColumn('is_requested', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
  },
}
