import type { RealDestination } from './destinations/destination-setting.ts'

/**
 * Every seed that has ever violated an invariant, and why: each runs with each test run. If a later change of
 * the world has hidden the fault from its seed, another test covers it.
 */
export const foundViolations: readonly {
  seed: number
  /** The destinations that it has in any case. */
  destinations?: readonly RealDestination[]
  was: string
}[] = [
  {
    seed: 3,
    destinations: ['duckdb'],
    was: 'a worker that had nothing to deliver kept the DuckDB file open, and others could not have it',
  },
  {
    seed: 11,
    was: 'the first batch to a warehouse, written before somebody emptied it, moved the watermark after deliver --resend',
  },
  {
    seed: 100,
    was: 'the warehouse got another name, and rows of a code that was erased meanwhile stayed in it',
  },
  {
    seed: 253,
    was: 'the config file got a destination while `erase` ran, and rows of the code stayed in it',
  },
  {
    seed: 315,
    was: 'a destination that was added while the calls of the month were spent got nothing for hours',
  },
  {
    seed: 100845,
    was: 'a count fell by as many scans as had arrived since, and they were never requested',
  },
  {
    seed: 102004,
    was: 'calls in flight at /me were counted twice as ours, so the share was spent too early',
  },
  {
    seed: 112467,
    was: '`status` named a destination complete although scans had landed while the last batch was written',
  },
]
