import type { Kysely, Migration } from 'kysely'

/** Stores where a destination has to erase a code: if it writes to another place later, the rows are not there. */
export const erasureTargets: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('erasures').addColumn('target', 'text').execute()
  },
}
