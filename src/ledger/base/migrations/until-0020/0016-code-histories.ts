import type { Kysely, Migration } from 'kysely'
import type { LedgerSchema } from '../../schema.ts'

/** Adds the cursor of a code's history, and the failures of histories, which do not delay the code's new scans. */
export const codeHistories: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('code_histories')
      .addColumn('connector', 'text', (c) => c.notNull())
      .addColumn('qr_code_id', 'text', (c) => c.notNull())
      .addColumn('page', 'bigint', (c) => c.notNull())
      .addColumn('until_ms', 'bigint', (c) => c.notNull())
      .addColumn('pending', 'bigint', (c) => c.notNull())
      .addColumn('opened_at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('code_histories_pk', ['connector', 'qr_code_id'])
      .execute()
    await renameFailures(db)
  },
}

async function renameFailures(db: Kysely<LedgerSchema>): Promise<void> {
  await db
    .updateTable('failures')
    .set({ endpoint: 'GET /qr-codes/{id}/scans (history)' })
    .where('endpoint', '=', 'GET /qr-codes/{id}/scans')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('qr_codes')
          .innerJoin('connectors', 'connectors.connector', 'qr_codes.connector')
          .select('qr_codes.id')
          .whereRef('qr_codes.connector', '=', 'failures.connector')
          .whereRef('qr_codes.id', '=', 'failures.qr_code_id')
          .whereRef('qr_codes.first_listed_at_ms', '=', 'connectors.connected_at_ms')
          .where('qr_codes.collected_at_ms', 'is', null)
          .where('qr_codes.empty_at_ms', 'is', null),
      ),
    )
    .execute()
}
