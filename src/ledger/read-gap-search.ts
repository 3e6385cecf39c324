import type { GapDay } from './land-gap-day.ts'
import type { Ledger } from './schema.ts'

/** Where the search for a code's late scans stands. */
export interface GapSearch {
  /** Days to be read again, each from its page on. */
  days: GapDay[]
  /** Days that differ are to be looked for up to this one; null where that is done. */
  untilDay: string | null
}

export async function readGapSearch(ledger: Ledger, connector: string, qrCodeId: string): Promise<GapSearch> {
  const days = await ledger
    .selectFrom('gap_days')
    .select(['day', 'page'])
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .orderBy('day')
    .execute()
  const code = await ledger
    .selectFrom('qr_codes')
    .select('gap_until_day')
    .where('connector', '=', connector)
    .where('id', '=', qrCodeId)
    .executeTakeFirst()
  return { days: days.map((day) => ({ qrCodeId, ...day })), untilDay: code?.gap_until_day ?? null }
}
