import { sql, type Selectable, type Transaction } from 'kysely'
import type { Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { lockConnector } from '../connector/connector-state.ts'

/** Where a code's next call starts. */
export interface ScanCursor {
  /** `from` of the request, inclusive; null = from the first scan. */
  from: string | null
  page: number
}

/** What the list tells of a code's scans; null where the API does not tell. */
export interface Listing {
  scanCount: number | null
  lastScannedAt: string | null
}

/** A code with scans that are not collected yet. */
export interface DueCode {
  id: string
  cursor: ScanCursor
  /** As it stood when this collection began: what came later may lie in front of the pages read since. */
  listing: Listing
  /** Never yet collected to its end. */
  isFirst: boolean
}

/**
 * Codes to collect, those under way first, then the largest backlog: it takes the longest, one page after the other.
 *
 * @param which.withoutListedAtMs leaves out codes that had scans when they were first listed, then, and were never collected:
 * their history
 */
export async function readDueCodes(
  ledger: Ledger,
  connector: string,
  { limit, withoutListedAtMs }: { limit: number; withoutListedAtMs: number | null },
): Promise<DueCode[]> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .selectAll()
    .where('connector', '=', connector)
    .where('due_since_ms', 'is not', null)
    .$if(withoutListedAtMs !== null, (query) =>
      query.where((eb) =>
        eb.or([
          eb('collected_at_ms', 'is not', null),
          eb('empty_at_ms', 'is not', null),
          eb('first_listed_at_ms', '!=', withoutListedAtMs),
        ]),
      ),
    )
    .orderBy(sql`cursor_page > 1`, 'desc')
    .orderBy(sql`coalesce(listed_scan_count, 0) - landed_scans - set_aside_scans`, 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return codes.map(toDueCode)
}

/** One code, due or not; null where it is deleted. */
export async function readCode(ledger: Ledger, connector: string, id: string): Promise<DueCode | null> {
  const code = await ledger
    .selectFrom('qr_codes')
    .selectAll()
    .where('connector', '=', connector)
    .where('id', '=', id)
    .where('deleted', '=', 0)
    .executeTakeFirst()
  return code === undefined ? null : toDueCode(code)
}

function toDueCode(code: Selectable<QrCodeTable>): DueCode {
  return {
    id: code.id,
    cursor: { from: code.cursor_from, page: code.cursor_page },
    listing:
      code.cursor_page > 1
        ? { scanCount: code.collecting_scan_count, lastScannedAt: code.collecting_last_scanned_at }
        : { scanCount: code.listed_scan_count, lastScannedAt: code.listed_last_scanned_at },
    isFirst: code.collected_at_ms === null,
  }
}

/** Landed scans of a code from a time on (included) and before another; null leaves an end open. */
export async function countLandedBetween(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
  qrCodeId: string,
  { fromMs, toMs }: { fromMs: number | null; toMs: number | null },
): Promise<number> {
  const { landed } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('landed'))
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .$if(fromMs !== null, (query) => query.where('scanned_at_ms', '>=', fromMs ?? 0))
    .$if(toMs !== null, (query) => query.where('scanned_at_ms', '<', toMs ?? 0))
    .executeTakeFirstOrThrow()
  return landed
}

/** A code that the API no longer knows has nothing to collect; the next full list pass tells when it was deleted. */
export async function markDeleted(ledger: Ledger, connector: string, qrCodeId: string): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    await transaction
      .updateTable('qr_codes')
      .set({ deleted: 1, due_since_ms: null, cursor_page: 1 })
      .where('connector', '=', connector)
      .where('id', '=', qrCodeId)
      .execute()
  })
}

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
