import type { Ledger } from '../../ledger/base/schema.ts'
import { dayMs } from '../../model/durations.ts'
import { startOfDays } from './read-audience.ts'

export interface ScanTotals {
  scans: number
  /** In the same time before. */
  previousScans: number
}

/** Counts the scans of the last days for several connectors, today included. It reads no JSON. */
export async function readScanTotals(
  ledger: Ledger,
  connectors: readonly string[],
  { days, nowMs }: { days: number; nowMs: number },
): Promise<Map<string, ScanTotals>> {
  const sinceMs = startOfDays(nowMs, days)
  const lengthMs = days * dayMs
  const rows = await ledger
    .selectFrom('scans')
    .select((eb) => [
      'connector',
      eb.fn.countAll<number>().filterWhere('scanned_at_ms', '>=', sinceMs).as('scans'),
      eb.fn
        .countAll<number>()
        .filterWhere('scanned_at_ms', '<', nowMs - lengthMs)
        .as('previousScans'),
    ])
    .where('connector', 'in', connectors)
    .where('scanned_at_ms', '>=', sinceMs - lengthMs)
    .groupBy('connector')
    .execute()
  return new Map(rows.map(({ connector, ...totals }) => [connector, totals]))
}
