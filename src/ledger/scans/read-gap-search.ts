import { fromTheFirstScan, type GapRange } from './gaps.ts'
import type { Ledger } from '../base/schema.ts'

/** Days of a code that are read again, and their progress. */
export interface GapDay extends GapRange {
  qrCodeId: string
  /** The page of its next call. */
  page: number
}

/** The progress of the search for a code's late scans. */
export interface GapSearch {
  /** Days to read again, each from its page on, the newest first, because most late scans are not very late. */
  days: GapDay[]
  /** Days that differ are searched for up to this day; null if that is done. */
  untilDay: string | null
}

export async function readGapSearch(ledger: Ledger, connector: string, qrCodeId: string): Promise<GapSearch> {
  const days = await ledger
    .selectFrom('gap_days')
    .selectAll()
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .orderBy('day', 'desc')
    .execute()
  const code = await ledger
    .selectFrom('qr_codes')
    .select('gap_until_day')
    .where('connector', '=', connector)
    .where('id', '=', qrCodeId)
    .executeTakeFirst()
  return {
    days: days.map(({ day, page, to_day, offset_minutes, is_neighbour }) => ({
      qrCodeId,
      day,
      page,
      toDay: to_day ?? day,
      offsetMinutes: offset_minutes,
      isNeighbour: is_neighbour === 1,
    })),
    untilDay: code?.gap_until_day ?? null,
  }
}

/** Returns the codes with a search for late scans. */
export async function readCodesInSearch(ledger: Ledger, connector: string): Promise<string[]> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select('id')
    .where('connector', '=', connector)
    .where('deleted', '=', 0)
    .where((eb) =>
      eb.or([
        eb.and([eb('gap', '>', 0), eb('gap_until_day', 'is not', null)]),
        eb.exists(
          eb
            .selectFrom('gap_days')
            .select('day')
            .where('gap_days.connector', '=', connector)
            .whereRef('gap_days.qr_code_id', '=', 'qr_codes.id'),
        ),
      ]),
    )
    .orderBy('id')
    .execute()
  return codes.map(({ id }) => id)
}

/** Returns when a range of days begins and ends (exclusive), epoch ms; null means from the first scan on. */
export function timesOf({ day, toDay, offsetMinutes }: GapDay): { fromMs: number | null; toMs: number } {
  const shiftMs = offsetMinutes * 60_000
  return {
    fromMs: day === fromTheFirstScan ? null : Date.parse(day) - shiftMs,
    toMs: Date.parse(toDay) + 24 * 3_600_000 - shiftMs,
  }
}
