import { sql } from 'kysely'
import { landedScans, type LandedScope } from '../read-landed-lags.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

/**
 * Counts the scans of {@link readLandedLags} by the time that they took.
 *
 * @param edgesMs rising; a scan counts at the first edge that its lag does not exceed
 * @returns a number for each edge, and one for the scans beyond the last
 */
export async function countLandedLags(
  ledger: Ledger,
  connector: string,
  scope: LandedScope,
  edgesMs: readonly number[],
): Promise<number[]> {
  const cases = edgesMs.map(
    (edgeMs, index) => sql`when landed_at_ms - scanned_at_ms <= ${sql.lit(edgeMs)} then ${sql.lit(index)}`,
  )
  const bucket = sql<number>`case ${sql.join(cases, sql` `)} else ${sql.lit(edgesMs.length)} end`
  const counts = await landedScans(ledger, connector, scope)
    .select((eb) => [bucket.as('bucket'), eb.fn.countAll<number>().as('scans')])
    .groupBy(bucket)
    .execute()
  const scansOf = new Map(counts.map(({ bucket, scans }) => [bucket, scans]))
  return Array.from({ length: edgesMs.length + 1 }, (_, index) => scansOf.get(index) ?? 0)
}
