import type { RealDestination } from './destination-setting.ts'

/** Every seed that has ever violated an invariant, and why: each runs with each test run. */
export const foundViolations: readonly {
  seed: number
  /** That it has in any case. */
  destinations?: readonly RealDestination[]
  was: string
}[] = [
  {
    seed: 61,
    destinations: ['hubspot'],
    was: 'records that were made for scans kept the id of their code for a name',
  },
  {
    seed: 69,
    destinations: ['hubspot'],
    was: 'rows went to another account of which the ledger did not know yet, and were missing in the first one',
  },
]
