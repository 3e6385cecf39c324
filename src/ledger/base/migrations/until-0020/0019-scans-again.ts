import type { Kysely, Migration } from 'kysely'

/** What the migration reads and writes, as it is at that time. */
interface Tables {
  confirmations: { connector: string; destination: string; stream: string }
  deliveries: {
    connector: string
    destination: string
    stream: string
    watermark_seq: number
    drained_at_ms: number | null
  }
}

/**
 * From here on a CRM gets more of a scan than before. A destination that tells rows by their fingerprints goes through all scans
 * once more: those that would be written as they were confirmed are not sent.
 */
export const scansAgain: Migration = {
  async up(db: Kysely<unknown>) {
    const tables = db as Kysely<Tables>
    await tables
      .updateTable('deliveries')
      .set({ watermark_seq: 0, drained_at_ms: null })
      .where('stream', '=', 'scans')
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('confirmations')
            .select('confirmations.connector')
            .whereRef('confirmations.connector', '=', 'deliveries.connector')
            .whereRef('confirmations.destination', '=', 'deliveries.destination')
            .where('confirmations.stream', '=', 'scans'),
        ),
      )
      .execute()
  },
}
