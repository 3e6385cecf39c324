import { prepared } from '../base/prepared.ts'
import type { Ledger } from '../base/schema.ts'

/**
 * Records that a slice of a sync ended without a failure and, if it made a call, how far our clock was ahead of the API's.
 *
 * @param slice.dueMs when the next slice is due (epoch ms); null if that is unknown, undefined to keep the stored value
 */
export async function noteSync(
  ledger: Ledger,
  connector: string,
  {
    nowMs,
    dueMs,
    clockSkewMs = null,
  }: { nowMs: number; dueMs: number | null | undefined; clockSkewMs?: number | null },
): Promise<void> {
  await ledger
    .updateTable('sync_health')
    .set({
      synced_at_ms: nowMs,
      sync_failure: null,
      ...(dueMs !== undefined && { sync_due_ms: dueMs === null ? null : Math.round(dueMs) }),
      ...(clockSkewMs !== null && { clock_skew_ms: clockSkewMs }),
    })
    .where('connector', '=', connector)
    .execute()
}

/** Records that a sync has failed and needs manual action. */
export async function noteSyncFailure(ledger: Ledger, connector: string, code: string): Promise<void> {
  await ledger
    .updateTable('sync_health')
    .set({ sync_failure: code })
    .where('connector', '=', connector)
    .execute()
}

/** Stores the planner's last result. The next plan starts from it, and `status` shows it. */
export async function keepPlan(
  ledger: Ledger,
  connector: string,
  priceMs: number,
  nextLookMs: number,
): Promise<void> {
  await updatePlan(ledger, { connector, priceMs, nextLookMs: Math.round(nextLookMs) })
}

const updatePlan = prepared<{ connector: string; priceMs: number; nextLookMs: number }, unknown>(
  (ledger, place) =>
    ledger
      .updateTable('plans')
      .set({ price_ms: place('priceMs'), next_look_at_ms: place('nextLookMs') })
      .where('connector', '=', place('connector'))
      .compile(),
)
