import type { LandedRow } from '../streams/streams.ts'

/** Of several rows with the same id the one with the highest `seq`. */
export function latestOfEachId(rows: readonly LandedRow[]): LandedRow[] {
  const latest = new Map<string, LandedRow>()
  for (const row of rows) {
    const known = latest.get(row.id)
    if (known === undefined || known.seq <= row.seq) latest.set(row.id, row)
  }
  return [...latest.values()]
}
