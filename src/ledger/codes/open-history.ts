import type { Insertable, Transaction } from 'kysely'
import type { QrCode } from '../../streams/qr-codes.ts'
import { profileOf } from '../connector/profile.ts'
import type { CodeHistoryTable, LedgerSchema } from '../base/schema.ts'
import type { Listing } from './after-listing.ts'
import { clockToleranceMs, nothingKnown } from './code-count.ts'
import type { KnownCode } from './known-codes.ts'

/**
 * Whether the list reports the first new scan of a code whose history is not landed. The newest scan listed before divides history and
 * news. That is a time of the API's clock, so no clock of ours can open a gap between the two. If the API does not report it, or ignores
 * `from` or `order`, each code has one cursor. If the newest listed scan is dated ahead, a higher count reports new scans.
 */
export function bringsNews({ state, tellsTime, nowMs }: Listing, row: QrCode, known: KnownCode): boolean {
  const { from, order } = profileOf(state)
  const listedMs = newestHistoryMs(known)
  const hasMore = (row.scan_count ?? 0) > (known.listed_scan_count ?? Infinity)
  return (
    known.history === null &&
    known.collected_at_ms === null &&
    known.empty_at_ms === null &&
    known.cursor_from === null &&
    known.first_listed_at_ms === state.connected_at_ms &&
    tellsTime &&
    from !== false &&
    order !== false &&
    row.last_scanned_at !== null &&
    listedMs !== null &&
    (Date.parse(row.last_scanned_at) > listedMs || (isAhead(listedMs, nowMs) && hasMore))
  )
}

/** The newest scan of a code as last listed (epoch ms); null before its first one. */
function newestHistoryMs({ listed_last_scanned_at: listed }: KnownCode): number | null {
  return listed === null ? null : Date.parse(listed)
}

const isAhead = (timeMs: number, nowMs: number) => timeMs > nowMs - clockToleranceMs

/** Gives a history its own cursor, at the page that it has reached. The code's cursor then starts at the boundary. */
export async function openHistory(
  transaction: Transaction<LedgerSchema>,
  known: KnownCode,
  nowMs: number,
): Promise<KnownCode> {
  const { connector, id } = known
  const newestMs = newestHistoryMs(known) ?? 0
  // A scan that is dated ahead does not show when the history ended. Both cursors use the same boundary, so any time is safe.
  const connectedMs = known.first_listed_at_ms ?? nowMs
  const untilMs = isAhead(newestMs, nowMs) ? connectedMs - clockToleranceMs : newestMs + 1
  const history: Insertable<CodeHistoryTable> = {
    connector,
    qr_code_id: id,
    page: known.cursor_page,
    until_ms: untilMs,
    pending: known.pending,
    opened_at_ms: nowMs,
  }
  await transaction.insertInto('code_histories').values(history).execute()
  const own = {
    ...nothingKnown,
    cursor_from: new Date(untilMs).toISOString(),
    cursor_page: 1,
    collecting_scan_count: null,
    collecting_last_scanned_at: null,
    collecting_high_ms: null,
    pending: 0,
    due_since_ms: null,
    empty_at_ms: known.pending_at_ms,
  }
  await transaction
    .updateTable('qr_codes')
    .set(own)
    .where('connector', '=', connector)
    .where('id', '=', id)
    .execute()
  return { ...known, ...own, history }
}
