/**
 * Simulated runs of the whole connector: docs/simulation.md.
 *
 * node test/simulation/main.ts --seeds N [--from K] [--days D]   one JSON object for all seeds
 * node test/simulation/main.ts --seed K --trace                  the story of one run
 * node test/simulation/main.ts --seed K --shrink                 the fewest faults with which it still fails
 *
 * --with hubspot,duckdb: destinations that each seed has, besides those that it draws.
 *
 * Ends with 1 where an invariant was violated.
 */
import { parseArgs } from 'node:util'
import { realDestinations } from './destination-setting.ts'
import { runSeeds } from './run-seeds.ts'
import { shrink } from './shrink.ts'
import { faultKinds, type FaultKind } from './swarm.ts'
import { loadWorkflowCode } from './workflow-code.ts'
import { World, type Outcome } from './world.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    from: { type: 'string', default: '1' },
    days: { type: 'string', default: '0.25' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    without: { type: 'string', default: '' },
    with: { type: 'string', default: '' },
  },
})
const allLines = 1_000_000
const linesBefore = 40
const days = Number(values.days)
const kinds = Object.keys(faultKinds) as FaultKind[]
const given = new Set(values.without.split(','))
const destinations = new Set(realDestinations.filter((each) => values.with.split(',').includes(each)))
const leftOut = new Set(kinds.filter((kind) => given.has(kind)))
// While a run is under way, the clock is its own.
const realNow = performance.now.bind(performance)
const startedMs = realNow()
const code = await loadWorkflowCode()

function run(
  seed: number,
  without: ReadonlySet<FaultKind> = leftOut,
  linesKept = allLines,
): Promise<Outcome> {
  return new World({ seed, days, code, without, destinations, linesKept }).run()
}

function tell({ violations, lines }: Outcome): void {
  if (violations.length > 0) {
    console.log('The last lines before the violation:\n')
    for (const line of lines.slice(-linesBefore)) console.log(line)
    console.log('\nThe whole story:\n')
  }
  for (const line of lines) console.log(line)
}

if (values.seed === undefined) {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index)
  const report = await runSeeds(
    seeds,
    (seed) => run(seed, leftOut, linesBefore),
    ({ violations, seed }) => {
      for (const violation of violations) console.error(JSON.stringify({ seed, ...violation }))
    },
  )
  console.log(JSON.stringify({ ...report, seconds: (realNow() - startedMs) / 1000 }))
  if (report.violations.length > 0) process.exitCode = 1
} else {
  const seed = Number(values.seed)
  const outcome = await run(seed)
  if (values.trace) tell(outcome)
  if (values.shrink) {
    const fewest = await shrink(outcome, kinds, (without) => run(seed, new Set([...leftOut, ...without])))
    const { violations, faults } = fewest.outcome
    console.log(JSON.stringify({ seed, violations, faults, without: [...fewest.without].join(',') }))
  } else if (!values.trace) {
    const { lines, ...rest } = outcome
    console.log(JSON.stringify({ ...rest, lines: lines.length, seconds: (realNow() - startedMs) / 1000 }))
  }
  if (outcome.violations.length > 0) process.exitCode = 1
}
// What the SDK has opened would keep the process alive.
process.exit()
