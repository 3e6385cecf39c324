import { createHash } from 'node:crypto'
import type { FaultKind } from './swarm.ts'
import type { Violation } from './invariants/violations.ts'
import type { Outcome } from './outcome.ts'

export interface SeedsReport {
  seeds: number
  virtual_days: number
  steps: number
  /** Calls of the API by the connector. */
  calls: number
  /** Rows that destinations have written. */
  rows: number
  faults: Partial<Record<FaultKind, number>>
  violations: ({ seed: number } & Violation)[]
  /** Of the stories of all seeds: the same for the same seeds. */
  digest: string
}

interface HowToRun {
  /** How many run at a time. */
  atOnce?: number
  onOutcome?: (outcome: Outcome) => void
  /** Whether to start no further seed. */
  isEnough?: (outcome: Outcome) => boolean
}

/**
 * Runs seeds, and sums up what happened in them.
 *
 * @param run may be called for several seeds at once
 */
export async function runSeeds(
  seeds: readonly number[],
  run: (seed: number) => Promise<Outcome>,
  { atOnce = 1, onOutcome = () => undefined, isEnough = () => false }: HowToRun = {},
): Promise<SeedsReport> {
  const outcomes: Outcome[] = []
  const left = seeds.values()
  let isOver = false
  const lane = async () => {
    for (const seed of left) {
      if (isOver) return
      const outcome = await run(seed)
      onOutcome(outcome)
      isOver ||= isEnough(outcome)
      // A campaign has thousands of stories.
      outcomes.push({ ...outcome, lines: [] })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return sumUp(outcomes.toSorted((a, b) => a.seed - b.seed))
}

function sumUp(outcomes: readonly Outcome[]): SeedsReport {
  const report: SeedsReport = {
    seeds: outcomes.length,
    virtual_days: 0,
    steps: 0,
    calls: 0,
    rows: 0,
    faults: {},
    violations: [],
    digest: '',
  }
  const digest = createHash('sha256')
  for (const outcome of outcomes) {
    report.virtual_days += outcome.virtualDays
    report.steps += outcome.steps
    report.calls += outcome.calls
    report.rows += outcome.rows
    for (const [kind, times] of Object.entries(outcome.faults) as [FaultKind, number][]) {
      report.faults[kind] = (report.faults[kind] ?? 0) + times
    }
    for (const violation of outcome.violations) report.violations.push({ seed: outcome.seed, ...violation })
    digest.update(outcome.digest)
  }
  report.digest = digest.digest('hex').slice(0, 16)
  return report
}
