import type { Kysely, Migration } from 'kysely'

/** Adds what an operator has to fix (a sync that cannot continue, a wrong clock), and whose sync goes first. */
export const troubles: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('connectors').addColumn('sync_failure', 'text').execute()
    await db.schema.alterTable('connectors').addColumn('clock_skew_ms', 'bigint').execute()
    await db.schema
      .alterTable('connectors')
      .addColumn('person_until_ms', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()
  },
}
