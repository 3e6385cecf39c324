import type { Ledger } from '../base/schema.ts'

/**
 * Notes that a slice of a sync has ended without a failure, and how far our clock was ahead of the API's, where a call was made.
 *
 * @param slice.dueMs when the next slice is due; null where that is not known, and undefined where it is as before
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

/** Notes that a sync has failed and needs manual action. */
export async function noteSyncFailure(ledger: Ledger, connector: string, code: string): Promise<void> {
  await ledger
    .updateTable('sync_health')
    .set({ sync_failure: code })
    .where('connector', '=', connector)
    .execute()
}

/** Keeps the planner's last word, for its next plan to begin with and for `status` to show. */
export async function keepPlan(
  ledger: Ledger,
  connector: string,
  priceMs: number,
  nextLookMs: number,
): Promise<void> {
  await ledger
    .updateTable('plans')
    .set({ price_ms: priceMs, next_look_at_ms: Math.round(nextLookMs) })
    .where('connector', '=', connector)
    .execute()
}
