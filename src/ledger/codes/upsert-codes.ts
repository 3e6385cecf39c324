import type { Insertable, Transaction } from 'kysely'
import type { QrCode } from '../../streams/qr-codes.ts'
import { newestLandedMs } from '../scans/newest-landed.ts'
import { afterListing, mayHideScans, type Listing } from './after-listing.ts'
import { readKnownCodes, type KnownCode } from './known-codes.ts'
import { readErased } from '../erasure/erasures.ts'
import { bringsNews, openHistory } from './open-history.ts'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

/** Writes what a page of the list says about its codes, except erased ones. @returns the codes that are new or changed */
export async function upsertCodes(
  transaction: Transaction<LedgerSchema>,
  listing: Listing,
  rows: readonly QrCode[],
): Promise<number> {
  if (rows.length === 0) return 0
  const { connector } = listing.state
  // A page may contain a code twice if the list shifts during the pass: the later one counts.
  const listed = new Map(rows.map((row) => [row.id, row]))
  for (const id of await readErased(transaction, connector, [...listed.keys()])) listed.delete(id)
  if (listed.size === 0) return 0
  const known = await readKnownCodes(transaction, connector, [...listed.keys()])
  const changed: Insertable<QrCodeTable>[] = []
  for (const row of listed.values()) {
    const before = known.get(row.id)
    const code =
      before !== undefined && bringsNews(listing, row, before)
        ? await openHistory(transaction, before, listing.nowMs)
        : before
    const isHidden = code !== undefined && mayHideScans(row, code, listing.tellsTime)
    const hasUncounted = isHidden && (await hasLaterScan(transaction, row, code))
    const after = afterListing(listing, row, code, hasUncounted)
    if (after !== null) changed.push(after)
  }
  if (changed.length === 0) return 0

  const { qr_codes_seq: lastSeq } = await transaction
    .updateTable('positions')
    .set((eb) => ({ qr_codes_seq: eb('qr_codes_seq', '+', changed.length) }))
    .where('connector', '=', connector)
    .returning('qr_codes_seq')
    .executeTakeFirstOrThrow()
  await transaction
    .insertInto('qr_codes')
    .values(changed.map((code, index) => ({ ...code, seq: lastSeq - changed.length + 1 + index })))
    .onConflict((conflict) =>
      conflict.columns(['connector', 'id']).doUpdateSet((eb) => ({
        seq: eb.ref('excluded.seq'),
        row: eb.ref('excluded.row'),
        deleted: eb.ref('excluded.deleted'),
        listed_scan_count: eb.ref('excluded.listed_scan_count'),
        listed_last_scanned_at: eb.ref('excluded.listed_last_scanned_at'),
        due_since_ms: eb.ref('excluded.due_since_ms'),
        pending: eb.ref('excluded.pending'),
        pending_at_ms: eb.ref('excluded.pending_at_ms'),
        empty_at_ms: eb.ref('excluded.empty_at_ms'),
        rate_arrivals: eb.ref('excluded.rate_arrivals'),
        rate_hours: eb.ref('excluded.rate_hours'),
        observed_at_ms: eb.ref('excluded.observed_at_ms'),
        landed_at_ms: eb.ref('excluded.landed_at_ms'),
        gap: eb.ref('excluded.gap'),
        gap_accepted: eb.ref('excluded.gap_accepted'),
        gap_since_ms: eb.ref('excluded.gap_since_ms'),
        gap_until_day: eb.ref('excluded.gap_until_day'),
        count_base: eb.ref('excluded.count_base'),
        count_fell_at_ms: eb.ref('excluded.count_fell_at_ms'),
        count_unsettled: eb.ref('excluded.count_unsettled'),
      })),
    )
    .execute()
  return changed.length
}

/**
 * Whether the list reports a later scan than all that landed; the cursor may be before the last of them. If the
 * last collection began after such a report too, and that scan did not land, then the list's time counts visits that are no
 * scans, and does not decide until a later scan lands.
 */
async function hasLaterScan(
  transaction: Transaction<LedgerSchema>,
  row: QrCode,
  known: KnownCode,
): Promise<boolean> {
  const landedMs = (await newestLandedMs(transaction, known)) ?? 0
  const wasMisled = isAfter(known.collected_last_scanned_at, landedMs)
  return !wasMisled && isAfter(row.last_scanned_at, landedMs)
}

function isAfter(time: string | null, otherMs: number): boolean {
  return time !== null && Date.parse(time) > otherMs
}
