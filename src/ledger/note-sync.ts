import type { Ledger } from './schema.ts'

/** Notes that a slice of a sync has ended without a failure, and by when the next one is due, where it said so. */
export async function noteSync(
  ledger: Ledger,
  connector: string,
  { nowMs, dueMs }: { nowMs: number; dueMs: number | null },
): Promise<void> {
  await ledger
    .updateTable('connectors')
    .set({ synced_at_ms: nowMs, ...(dueMs !== null && { sync_due_ms: Math.round(dueMs) }) })
    .where('connector', '=', connector)
    .execute()
}
