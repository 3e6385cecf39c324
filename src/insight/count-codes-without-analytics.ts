import type { Ledger } from '../ledger/base/schema.ts'

/**
 * Counts the codes with landed scans whose analytics were never fetched. A sync fetches them later than the scans,
 * because they repeat the information of the scans.
 */
export async function countCodesWithoutAnalytics(ledger: Ledger, connector: string): Promise<number> {
  const { codes } = await ledger
    .selectFrom('qr_codes')
    .select((eb) => eb.fn.countAll<number>().as('codes'))
    .where('connector', '=', connector)
    .where('deleted', '=', 0)
    .where('landed_scans', '>', 0)
    .where('analytics_scans', 'is', null)
    .executeTakeFirstOrThrow()
  return codes
}
