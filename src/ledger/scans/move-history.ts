import type { Transaction } from 'kysely'
import { accountedFor } from '../codes/code-count.ts'
import type { DueCode } from '../codes/due-codes.ts'
import type { LedgerSchema } from '../base/schema.ts'
import type { LandedPage, LandedRows, ScansPage } from './land-rows.ts'

/** Moves the cursor of a code's history behind a landed page of it. The cursor of new scans stays where it is. */
export async function moveHistory(
  transaction: Transaction<LedgerSchema>,
  { id, cursor }: DueCode,
  page: ScansPage,
  { known, landed, lagsMs, landedScans, setAsideScans, newlyKnown }: LandedRows,
  nowMs: number,
): Promise<LandedPage> {
  const { connector, history } = known
  const counted = { landed_scans: landedScans, set_aside_scans: setAsideScans }
  const updateCode = (values: { pending?: number; due_since_ms?: number | null }) =>
    transaction
      .updateTable('qr_codes')
      .set({ ...counted, ...values })
      .where('connector', '=', connector)
      .where('id', '=', id)
      .execute()
  const ofHistory = { connector, qr_code_id: id }

  if (history?.page !== cursor.page) {
    // Another worker took over this history and is ahead of us: keep the rows, leave the cursor.
    await updateCode({})
    return { landed, lagsMs, pending: history?.pending ?? 0, cursor: null }
  }
  if (!page.isLast) {
    await updateCode({})
    const pending = page.remaining ?? Math.max(history.pending - newlyKnown, 1)
    await transaction
      .updateTable('code_histories')
      .set({ page: page.nextPage, pending })
      .where((eb) => eb.and(ofHistory))
      .execute()
    return { landed, lagsMs, pending, cursor: { from: null, page: page.nextPage } }
  }
  await transaction
    .deleteFrom('code_histories')
    .where((eb) => eb.and(ofHistory))
    .execute()
  // The API counts more scans than these: they came late, or since then. One more collection of the code shows which.
  const after = { ...known, ...counted, history: null }
  const pending = Math.max(known.pending, (known.listed_scan_count ?? 0) - accountedFor(after))
  const isDue = known.deleted === 0 && pending > 0
  await updateCode({ pending, due_since_ms: known.due_since_ms ?? (isDue ? nowMs : null) })
  return { landed, lagsMs, pending: 0, cursor: { from: null, page: 1 } }
}
