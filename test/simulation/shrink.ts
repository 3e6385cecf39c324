import type { FaultKind } from './swarm.ts'
import type { Outcome } from './outcome.ts'

/**
 * Removes faults from a run, one kind at a time, as long as it still violates the same invariant.
 *
 * @param first the run with all of its faults
 * @returns the run with the fewest
 */
export async function shrink(
  first: Outcome,
  faults: readonly FaultKind[],
  run: (without: ReadonlySet<FaultKind>) => Promise<Outcome>,
): Promise<{ outcome: Outcome; without: ReadonlySet<FaultKind> }> {
  const invariant = first.violations[0]?.invariant
  let outcome = first
  let without: ReadonlySet<FaultKind> = new Set()
  if (invariant === undefined) return { outcome, without }
  for (const kind of faults) {
    const fewer = new Set([...without, kind])
    const attempt = await run(fewer)
    if (attempt.violations[0]?.invariant !== invariant) continue
    outcome = attempt
    without = fewer
  }
  return { outcome, without }
}
