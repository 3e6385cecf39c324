import type { Kysely, Migration } from 'kysely'

/** What an operator has to mend (a sync that cannot go on, a worker's clock that is wrong), and whose sync goes first. */
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
