import { expect, test } from 'vitest'
import { fuzzApi } from './fuzz-api.ts'

/** Does the same as `npm run test:api-fuzz` with fewer examples. */
test('schemathesis finds no response that contradicts openapi.yaml', { timeout: 600_000 }, async () => {
  const { failures, answers, accepted, fewest } = await fuzzApi({ examples: 10, seed: 1 })
  expect(failures).toBeNull()
  expect(fewest).toBeGreaterThanOrEqual(10)
  // Some requests must succeed. Many pairs of random colours are too similar to be scanned.
  expect(Object.keys(accepted)).toHaveLength(11)
  for (const [operation, share] of Object.entries(accepted)) {
    expect(share, operation).toBeGreaterThan(0.3)
    expect(Object.keys(answers[operation] ?? {}), operation).toContainEqual(expect.stringMatching(/^[23]/))
  }
})
