import type { Kysely, Migration } from 'kysely'

/** What the migration writes, as it is at that time. */
interface Tables {
  code_rollups: { connector: string }
  positions: { rolled_up_seq: number }
}

/** From here on a rollup has the newest scan: the next delivery makes all of them anew, from the landed scans. */
export const lastScans: Migration = {
  async up(db: Kysely<unknown>) {
    const tables = db as Kysely<Tables>
    await tables.deleteFrom('code_rollups').execute()
    await tables.updateTable('positions').set({ rolled_up_seq: 0 }).execute()
  },
}
