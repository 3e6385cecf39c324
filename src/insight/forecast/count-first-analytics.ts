import type { Ledger } from '../../ledger/base/schema.ts'

/**
 * Counts the codes that were known at a time, and whose analytics were fetched for the first time since then. Use it
 * only while the ledger has every call since the connector was set up: it forgets old ones.
 */
export async function countFirstAnalytics(
  ledger: Ledger,
  connector: string,
  sinceMs: number,
): Promise<number> {
  const first = ledger
    .selectFrom('calls')
    .innerJoin('qr_codes', (join) =>
      join.onRef('qr_codes.connector', '=', 'calls.connector').onRef('qr_codes.id', '=', 'calls.qr_code_id'),
    )
    .select('qr_codes.id')
    .where('calls.connector', '=', connector)
    .where('calls.purpose', '=', 'analytics')
    .where('calls.outcome', '=', 'ok')
    .where('qr_codes.first_listed_at_ms', '<=', sinceMs)
    .groupBy('qr_codes.id')
    .having((eb) => eb(eb.fn.min('calls.sent_at_ms'), '>=', sinceMs))
  const { codes } = await ledger
    .selectFrom(first.as('first'))
    .select((eb) => eb.fn.countAll<number>().as('codes'))
    .executeTakeFirstOrThrow()
  return codes
}
