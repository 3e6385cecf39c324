import type { Kysely, Migration } from 'kysely'

/** The tables that the migration writes, as they are at that version. */
interface Tables {
  code_rollups: { connector: string }
  positions: { rolled_up_seq: number }
}

/**
 * From this version on, a rollup contains the newest scan. The next delivery rebuilds all rollups from the
 * landed scans.
 */
export const lastScans: Migration = {
  async up(db: Kysely<unknown>) {
    const tables = db as Kysely<Tables>
    await tables.deleteFrom('code_rollups').execute()
    await tables.updateTable('positions').set({ rolled_up_seq: 0 }).execute()
  },
}
