/** Every seed that has ever violated an invariant, and why: each runs with each test run. */
export const foundViolations: readonly { seed: number; was: string }[] = []
