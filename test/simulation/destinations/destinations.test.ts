import { beforeAll, describe, expect, test } from 'vitest'
import type { RealDestination } from './destination-setting.ts'
import { loadWorkflowCode, type WorkflowCode } from '../temporal/workflow-code.ts'
import { World } from '../world.ts'

let code: WorkflowCode

beforeAll(async () => {
  code = await loadWorkflowCode()
})

const run = (seed: number, destination: RealDestination) =>
  new World({ seed, days: 0.05, code, given: { destinations: new Set([destination]) } }).run()

describe('simulated destinations', () => {
  test.each([
    ['hubspot', 61],
    ['duckdb', 3],
  ] as const)(
    '%s contains the expected rows, and the same seed gives the same run',
    async (destination, seed) => {
      const { digest, steps, violations } = await run(seed, destination)
      expect(violations).toEqual([])
      expect(await run(seed, destination)).toMatchObject({ digest, steps })
    },
  )
})
