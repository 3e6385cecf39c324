import { sql } from 'kysely'
import { indexOfShare, toLagHours, type Lags } from '../budget/forecast/lags.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** Which scans count as lags: not those from before the connector was set up. */
export interface LandedScope {
  landedSinceMs: number
  scannedSinceMs: number
}

/** Only scans whose time of landing the ledger knows. */
export const landedScans = (
  ledger: Ledger,
  connector: string,
  { landedSinceMs, scannedSinceMs }: LandedScope,
) =>
  ledger
    .selectFrom('scans')
    .where('connector', '=', connector)
    .where('landed_at_ms', '>=', Math.max(landedSinceMs, 1))
    .where('scanned_at_ms', '>=', scannedSinceMs)

/** Returns how long the scans that landed since a time had taken. */
export async function readLandedLags(
  ledger: Ledger,
  connector: string,
  scope: LandedScope,
): Promise<Lags & { scans: number }> {
  const lagMs = sql<number>`landed_at_ms - scanned_at_ms`
  const scans = landedScans(ledger, connector, scope)
  const { count, mean } = await scans
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.avg<number | null>(lagMs).as('mean')])
    .executeTakeFirstOrThrow()
  // The database sorts and counts: a busy month's scans need not pass through our memory.
  const at = async (share: number) => {
    const row = await scans
      .select(lagMs.as('lag'))
      .orderBy('lag')
      .offset(indexOfShare(count, share))
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? null : toLagHours(row.lag)
  }
  return {
    scans: count,
    mean_lag_h: mean === null ? null : toLagHours(mean),
    p50_lag_h: await at(0.5),
    p95_lag_h: await at(0.95),
  }
}
