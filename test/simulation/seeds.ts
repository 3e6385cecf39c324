import type { RealDestination } from './destinations/destination-setting.ts'

/**
 * Every seed that has ever violated an invariant, and why: each runs with each test run. Those of faults that a later change of the
 * world has hidden from their seed are tested elsewhere.
 */
export const foundViolations: readonly {
  seed: number
  /** That it has in any case. */
  destinations?: readonly RealDestination[]
  was: string
}[] = [
  {
    seed: 3,
    destinations: ['duckdb'],
    was: 'a worker that had nothing to deliver kept the DuckDB file open, and others could not have it',
  },
]
