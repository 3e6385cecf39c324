import type { Ledger } from '../base/schema.ts'

/** When the code that was scanned last was scanned, as far as the list has told; epoch ms, 0 before the first scan. */
export async function readNewestListedScanMs(ledger: Ledger, connector: string): Promise<number> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select('listed_last_scanned_at')
    .where('connector', '=', connector)
    .where('deleted', '=', 0)
    .where('listed_last_scanned_at', 'is not', null)
    .execute()
  return codes.reduce((newest, code) => Math.max(newest, Date.parse(code.listed_last_scanned_at ?? '')), 0)
}
