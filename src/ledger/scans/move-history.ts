import type { Transaction } from 'kysely'
import { accountedFor } from '../codes/code-count.ts'
import type { DueCode } from '../codes/due-codes.ts'
import { updateCode } from '../codes/update-code.ts'
import { prepared } from '../base/prepared.ts'
import type { LedgerSchema } from '../base/schema.ts'
import type { LandedPage, LandedRows, ScansPage } from './land-rows.ts'

/** Moves the cursor of a code's history past a landed page. The cursor of new scans stays where it is. */
export async function moveHistory(
  transaction: Transaction<LedgerSchema>,
  { id, cursor }: DueCode,
  page: ScansPage,
  { known, landed, lagsMs, landedScans, setAsideScans, newlyKnown, profile }: LandedRows,
  nowMs: number,
): Promise<LandedPage> {
  const { connector, history } = known
  const counted = { landed_scans: landedScans, set_aside_scans: setAsideScans }
  const update = (values: { pending?: number; due_since_ms?: number | null }) =>
    updateCode(transaction, { connector, id }, { ...counted, ...values })

  if (history?.page !== cursor.page) {
    // Another worker took over this history and is ahead of us: keep the rows, and leave the cursor.
    await update({})
    return { landed, lagsMs, pending: history?.pending ?? 0, cursor: null, profile }
  }
  if (!page.isLast) {
    await update({})
    const pending = page.remaining ?? Math.max(history.pending - newlyKnown, 1)
    await movePage(transaction, { connector, id, page: page.nextPage, pending })
    return { landed, lagsMs, pending, cursor: { from: null, page: page.nextPage }, profile }
  }
  await transaction
    .deleteFrom('code_histories')
    .where((eb) => eb.and({ connector, qr_code_id: id }))
    .execute()
  // The API counts more scans than these: they arrived late, or since then. One more collection of the code
  // shows which.
  const after = { ...known, ...counted, history: null }
  const pending = Math.max(known.pending, (known.listed_scan_count ?? 0) - accountedFor(after))
  const isDue = known.deleted === 0 && pending > 0
  await update({ pending, due_since_ms: known.due_since_ms ?? (isDue ? nowMs : null) })
  return { landed, lagsMs, pending: 0, cursor: { from: null, page: 1 }, profile }
}

const movePage = prepared<{ connector: string; id: string; page: number; pending: number }, unknown>(
  (ledger, place) =>
    ledger
      .updateTable('code_histories')
      .set({ page: place('page'), pending: place('pending') })
      .where('connector', '=', place('connector'))
      .where('qr_code_id', '=', place('id'))
      .compile(),
)
