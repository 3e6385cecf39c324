import { sql, type Selectable, type Transaction } from 'kysely'
import type { CodeHistoryTable, Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import { isHistory, readHistories, readKnownCodes, type KnownCode } from './known-codes.ts'

/** The position at which a code's next call starts. */
export interface ScanCursor {
  /** `from` of the request, inclusive; null from the first scan. */
  from: string | null
  page: number
}

/** What the list reports about a code's scans; null if the API does not send it. */
export interface Listing {
  scanCount: number | null
  lastScannedAt: string | null
}

/** A code with scans to collect: all of them, the new ones, or its history. */
export interface DueCode {
  id: string
  cursor: ScanCursor
  /**
   * Reads only scans before this time (epoch ms), for a history with its own cursor. Null reads up to the
   * newest scan.
   */
  untilMs: number | null
  /**
   * The listing when this collection began. Scans that arrived later may come before pages that were read
   * already.
   */
  listing: Listing
  /** Whether it was never collected to its end. */
  isFirst: boolean
  /** Whether its scans are from before the connector was set up, and no other cursor reads newer ones yet. */
  isHistory: boolean
}

/**
 * Returns the codes to collect. New scans come first: collections under way, then the largest backlog, because
 * it takes the longest, one page after the other. Histories with their own cursor come last, the largest first.
 *
 * @param which.skipsHistory leaves out scans from before the connector was set up
 */
export async function readDueCodes(
  ledger: Ledger,
  state: ConnectorState,
  { limit, skipsHistory }: { limit: number; skipsHistory: boolean },
): Promise<DueCode[]> {
  const { connector } = state
  const codes = await ledger
    .selectFrom('qr_codes')
    .selectAll()
    .where('connector', '=', connector)
    .where('due_since_ms', 'is not', null)
    .$if(skipsHistory && state.connected_at_ms !== null, (query) =>
      query.where((eb) =>
        eb.or([
          eb('collected_at_ms', 'is not', null),
          eb('empty_at_ms', 'is not', null),
          eb('first_listed_at_ms', '!=', state.connected_at_ms),
        ]),
      ),
    )
    .orderBy(sql`cursor_page > 1`, 'desc')
    .orderBy(sql`coalesce(listed_scan_count, 0) - landed_scans - set_aside_scans`, 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  const due = codes.map((code) => toDueCode(state, code))
  if (skipsHistory) return due
  const histories = [...(await readHistories(ledger, connector)).values()]
  return [...due, ...histories.toSorted((a, b) => b.pending - a.pending).map(toDueHistory)]
}

/** Returns one code, due or not; null if it is deleted. */
export async function readCode(ledger: Ledger, state: ConnectorState, id: string): Promise<DueCode | null> {
  const code = await findCode(ledger, state, id)
  return code === null ? null : toDueCode(state, code)
}

/**
 * Returns the history of a code, with its own cursor or the code's. Null if it has landed, or if the code is
 * deleted.
 */
export async function readHistory(
  ledger: Ledger,
  state: ConnectorState,
  id: string,
): Promise<DueCode | null> {
  const code = await findCode(ledger, state, id)
  if (code === null) return null
  if (code.history !== null) return toDueHistory(code.history)
  return isHistory(code, state) ? toDueCode(state, code) : null
}

async function findCode(
  ledger: Ledger,
  { connector }: ConnectorState,
  id: string,
): Promise<KnownCode | null> {
  const code = (await readKnownCodes(ledger, connector, [id])).get(id)
  return code === undefined || code.deleted === 1 ? null : code
}

function toDueCode(state: ConnectorState, code: Selectable<QrCodeTable>): DueCode {
  return {
    id: code.id,
    cursor: { from: code.cursor_from, page: code.cursor_page },
    untilMs: null,
    listing:
      code.cursor_page > 1
        ? { scanCount: code.collecting_scan_count, lastScannedAt: code.collecting_last_scanned_at }
        : { scanCount: code.listed_scan_count, lastScannedAt: code.listed_last_scanned_at },
    isFirst: code.collected_at_ms === null && code.cursor_from === null,
    isHistory: isHistory(code, state),
  }
}

function toDueHistory({ qr_code_id, page, until_ms }: Selectable<CodeHistoryTable>): DueCode {
  return {
    id: qr_code_id,
    cursor: { from: null, page },
    untilMs: until_ms,
    listing: { scanCount: null, lastScannedAt: null },
    isFirst: false,
    isHistory: true,
  }
}

/** Counts landed scans of a code from a time (inclusive) to another (exclusive); null leaves an end open. */
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

/**
 * Marks a code that the API no longer has: it has nothing to collect. The next full pass of the list says when
 * it was deleted.
 */
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

/** When any code was last scanned, as reported by the list (epoch ms); 0 before the first scan. */
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
