import { dayMs } from '../../model/durations.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { sql } from 'kysely'

/** What is landed of a code, and how much of it was scanned since a time. */
export interface ScannedCode {
  id: string
  name: string | null
  isDeleted: boolean
  recentScans: number
  landedScans: number
  /** As the list has told last; RFC 3339. */
  lastScannedAt: string | null
}

export interface ScansByCode {
  /** Those with the most scans since the time first. */
  codes: ScannedCode[]
  /** Of all codes. */
  total: { codes: number; recentScans: number; landedScans: number }
}

export async function readScansByCode(
  ledger: Ledger,
  connector: string,
  { sinceMs, limit }: { sinceMs: number; limit: number },
): Promise<ScansByCode> {
  const recent = ledger
    .selectFrom('scans')
    .select((eb) => ['qr_code_id', eb.fn.countAll<number>().as('recent')])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', sinceMs)
    .groupBy('qr_code_id')
    .as('recent_by_code')
  const codes = ledger
    .selectFrom('qr_codes')
    .leftJoin(recent, (join) => join.onRef('qr_code_id', '=', 'id'))
    .where('connector', '=', connector)
  const rows = await codes
    .select(['id', 'row', 'deleted', 'landed_scans', 'listed_last_scanned_at'])
    .select((eb) => eb.fn.coalesce('recent_by_code.recent', eb.lit(0)).as('recent'))
    .orderBy('recent', 'desc')
    .orderBy('landed_scans', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  const { total_codes, total_recent, total_landed } = await codes
    .select((eb) => [
      eb.fn.countAll<number>().as('total_codes'),
      eb.fn.sum<number | null>('recent_by_code.recent').as('total_recent'),
      eb.fn.sum<number | null>('landed_scans').as('total_landed'),
    ])
    .executeTakeFirstOrThrow()
  return {
    codes: rows.map((code) => ({
      id: code.id,
      name: (JSON.parse(code.row) as { name: string | null }).name,
      isDeleted: code.deleted === 1,
      recentScans: code.recent,
      landedScans: code.landed_scans,
      lastScannedAt: code.listed_last_scanned_at,
    })),
    total: { codes: total_codes, recentScans: total_recent ?? 0, landedScans: total_landed ?? 0 },
  }
}

/** Landed scans by the UTC day (days since 1970) on which they were scanned, of those days that had any. */
export async function readScansByDay(
  ledger: Ledger,
  connector: string,
  sinceMs: number,
): Promise<Map<number, number>> {
  const day = sql<number>`cast(scanned_at_ms / ${sql.lit(dayMs)} as integer)`
  const days = await ledger
    .selectFrom('scans')
    .select((eb) => [day.as('day'), eb.fn.countAll<number>().as('scans')])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', sinceMs)
    .groupBy(day)
    .execute()
  return new Map(days.map(({ day, scans }) => [day, scans]))
}
