import { createHash } from 'node:crypto'
import type { Violation } from './invariants.ts'
import type { FaultKind } from './swarm.ts'
import type { Outcome } from './world.ts'

export interface SeedsReport {
  seeds: number
  virtual_days: number
  steps: number
  /** Of the API, by the connector. */
  calls: number
  /** Written by the warehouse. */
  rows: number
  faults: Partial<Record<FaultKind, number>>
  violations: ({ seed: number } & Violation)[]
  /** Of the stories of all seeds: the same for the same seeds. */
  digest: string
}

/** Runs seeds one after the other, and sums up what happened in them. */
export async function runSeeds(
  seeds: readonly number[],
  run: (seed: number) => Promise<Outcome>,
  onOutcome: (outcome: Outcome) => void = () => undefined,
): Promise<SeedsReport> {
  const report: SeedsReport = {
    seeds: seeds.length,
    virtual_days: 0,
    steps: 0,
    calls: 0,
    rows: 0,
    faults: {},
    violations: [],
    digest: '',
  }
  const digest = createHash('sha256')
  for (const seed of seeds) {
    const outcome = await run(seed)
    report.virtual_days += outcome.virtualDays
    report.steps += outcome.steps
    report.calls += outcome.calls
    report.rows += outcome.rows
    for (const [kind, times] of Object.entries(outcome.faults) as [FaultKind, number][])
      report.faults[kind] = (report.faults[kind] ?? 0) + times
    for (const violation of outcome.violations) report.violations.push({ seed, ...violation })
    digest.update(outcome.digest)
    onOutcome(outcome)
  }
  report.digest = digest.digest('hex').slice(0, 16)
  return report
}
