import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RealDestination } from './destinations/destination-setting.ts'
import { runSeeds } from './run-seeds.ts'
import { foundViolations } from './seeds.ts'
import { loadWorkflowCode, type WorkflowCode } from './temporal/workflow-code.ts'
import { World } from './world.ts'

const realNow = performance.now.bind(performance)
const seedsForMs = 20_000
/** With faults: short, so that there are many seeds. */
const days = 0.1

let code: WorkflowCode
const printed: string[] = []

beforeAll(async () => {
  code = await loadWorkflowCode()
})

afterAll(() => {
  console.log(printed.join('\n'))
})

const run = (seed: number, destinations: readonly RealDestination[] = []) =>
  new World({ seed, days, code, given: { destinations: new Set(destinations) } }).run()

describe('the simulated connector', () => {
  test('the same seed gives the same run, line by line', async () => {
    const { digest, steps } = await run(8)
    expect(await run(8)).toMatchObject({ digest, steps })
  })

  test.each(foundViolations)('seed $seed holds every invariant: $was', async ({ seed, destinations }) => {
    expect((await run(seed, destinations)).violations).toEqual([])
  })

  test('a seed with its ledger in PostgreSQL holds every invariant', { timeout: 180_000 }, async () => {
    const given = { ledger: 'postgres' as const }
    const { violations, calls } = await new World({ seed: 4, days: 0.02, code, given }).run()
    expect(violations).toEqual([])
    expect(calls).toBeGreaterThan(0)
  })

  test('as many seeds as the time allows hold every invariant', async () => {
    const first = Number(process.env['SIMULATE_FROM'] ?? 201)
    const endsAtMs = realNow() + seedsForMs
    let seed = first
    const violations = []
    while (realNow() < endsAtMs) {
      violations.push(...(await runSeeds([seed++], (each) => run(each))).violations)
    }
    printed.push(
      `Simulated seeds: ${first} to ${seed - 1}. Again: npm run -s simulate -- --days ${days} --from ${first} --seeds ${seed - first}`,
    )
    expect(violations).toEqual([])
  })
})
