import { dayMs } from './durations.ts'
import type { FaultKind } from './swarm.ts'
import type { Violation } from './invariants/violations.ts'
import type { World } from './world.ts'

/** The result of a run. */
export interface Outcome {
  seed: number
  virtualDays: number
  steps: number
  calls: number
  rows: number
  faults: Partial<Record<FaultKind, number>>
  violations: Violation[]
  /** Of its whole story: the same for the same seed. */
  digest: string
  lines: string[]
}

export function outcomeOf(world: World): Outcome {
  return {
    seed: world.seed,
    virtualDays: (world.time.nowMs - world.startMs) / dayMs,
    steps: world.time.steps,
    calls: world.api.windows.ourCalls,
    rows: world.warehouse.writes + world.secondWarehouse.writes,
    faults: Object.fromEntries(world.swarm.counts),
    violations: world.violations.list,
    digest: world.story.digest(),
    lines: world.story.lines(),
  }
}
