import type { Kysely, Migration } from 'kysely'

/** The tables that the migration reads and writes, as they are at that version. */
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
 * From this version on, a CRM gets more fields of a scan. A destination with fingerprints compares all scans
 * once more, and does not send those that would be written as they were confirmed.
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
