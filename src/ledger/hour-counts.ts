import type { Transaction } from 'kysely'
import { countByHour } from '../budget/day-shape.ts'
import type { ConnectorState } from './connector-state.ts'
import type { LedgerSchema } from './schema.ts'

export function readHourCounts({ hour_counts: counts }: Pick<ConnectorState, 'hour_counts'>): number[] {
  return counts === null ? [] : (JSON.parse(counts) as number[])
}

/** Counts landed scans by hour of the day, which is how the planner learns when an account's people scan. */
export async function addHourCounts(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  scannedAtMs: readonly number[],
  nowMs: number,
): Promise<void> {
  if (scannedAtMs.length === 0) return
  const counts = countByHour(readHourCounts(state), scannedAtMs, nowMs)
  await transaction
    .updateTable('connectors')
    .set({ hour_counts: JSON.stringify(counts.map((count) => Math.round(count * 1000) / 1000)) })
    .where('connector', '=', state.connector)
    .execute()
}
