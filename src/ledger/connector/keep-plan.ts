import type { Ledger } from '../base/schema.ts'

/** Keeps the planner's last word, for its next plan to begin with and for `status` to show. */
export async function keepPlan(
  ledger: Ledger,
  connector: string,
  priceMs: number,
  nextLookMs: number,
): Promise<void> {
  await ledger
    .updateTable('connectors')
    .set({ price_ms: priceMs, next_look_at_ms: Math.round(nextLookMs) })
    .where('connector', '=', connector)
    .execute()
}
