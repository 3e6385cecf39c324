/**
 * Simulated runs of the whole connector: docs/simulation.md.
 *
 * node test/simulation/main.ts --seeds N [--from K] [--days D]   one JSON object for all seeds
 * node test/simulation/main.ts --seed K --trace                  the story of one run
 * node test/simulation/main.ts --seed K --shrink                 the fewest faults with which it still fails
 * node test/simulation/main.ts --calm --days 31                  months in which nothing goes wrong, and their forecasts
 *
 * --with hubspot,duckdb: destinations that each seed has, besides those that it draws. --ledger postgres: where each seed keeps its ledger.
 *
 * Ends with 1 where an invariant was violated, and with 2 where it was asked for something that it does not know.
 */
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { realDestinations, type RealDestination } from './destinations/destination-setting.ts'
import { ledgerEngines, type LedgerEngine } from './machines/ledger-engine.ts'
import type { GivenSetting } from './setting.ts'
import { runSeeds } from './run-seeds.ts'
import { SeedProcesses } from './seed-processes.ts'
import { shrink } from './shrink.ts'
import { faultKinds, type FaultKind } from './swarm.ts'
import { loadWorkflowCode } from './temporal/workflow-code.ts'
import type { Outcome } from './outcome.ts'
import { World } from './world.ts'

interface Options {
  seeds: number
  from: number
  days: number
  first?: boolean
  processes: number
  without?: FaultKind[]
  with?: RealDestination[]
  ledger?: LedgerEngine
  calm?: boolean
  seed?: number
  trace?: boolean
  shrink?: boolean
  child?: boolean
}

const allLines = 1_000_000
const linesBefore = 40
const kinds = Object.keys(faultKinds) as FaultKind[]

const program = new Command('simulate')
  .description('Runs the whole connector in virtual time, with faults: docs/simulation.md')
  .option('--seeds <n>', 'how many seeds to run', wholeNumber, 10)
  .option('--from <k>', 'the first of them', wholeNumber, 1)
  .option('--days <d>', 'days with faults in each run; quiet hours follow', positive, 0.25)
  .option('--first', 'stop after the first seed that fails')
  .option('--processes <n>', 'how many runs at a time', wholeNumber, availableParallelism())
  .option('--without <faults>', 'faults to leave out, with commas between them', faultsOf)
  .option(
    '--with <destinations>',
    `destinations that each seed has: ${realDestinations.join(',')}`,
    destinationsOf,
  )
  .addOption(new Option('--ledger <engine>', 'the ledger’s database in each seed').choices(ledgerEngines))
  .option('--calm', 'leave out all faults')
  .addOption(
    new Option('--seed <k>', 'run this seed only')
      .argParser(wholeNumber)
      .conflicts(['seeds', 'from', 'first']),
  )
  .option('--trace', 'with --seed: print the story of that run')
  .option('--shrink', 'with --seed: find the fewest faults with which that run still fails')
  .addOption(new Option('--child', 'take seeds from a parent process').hideHelp())
  .addHelpText('after', `\nFaults, and what the rate in a story means:\n${describeFaults()}`)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
const options = program.opts<Options>()
const leftOut = options.calm === true ? kinds : (options.without ?? [])
const given: GivenSetting = { destinations: new Set(options.with) }
if (options.ledger !== undefined) given.ledger = options.ledger
if (options.seed === undefined && (options.trace === true || options.shrink === true)) {
  program.error('error: --trace and --shrink are for one run: name it with --seed.', { exitCode: 2 })
}
// While a run is under way, the clock is its own.
const realNow = performance.now.bind(performance)
const startedMs = realNow()

if (options.child === true) await serveParent()
else if (options.seed === undefined) await runAll()
else await runOne(options.seed)

async function runAll(): Promise<void> {
  const { seeds, from, days, processes, first = false } = options
  const ofEachChild = [
    '--days',
    String(days),
    '--without',
    leftOut.join(','),
    '--with',
    (options.with ?? []).join(','),
  ]
  if (options.ledger !== undefined) ofEachChild.push('--ledger', options.ledger)
  using children = new SeedProcesses(Math.min(processes, seeds), ofEachChild)
  const report = await runSeeds(
    Array.from({ length: seeds }, (_, index) => from + index),
    (seed) => children.run(seed),
    {
      atOnce: processes,
      isEnough: ({ violations }) => first && violations.length > 0,
      onOutcome: ({ violations, seed }) => {
        for (const violation of violations) console.error(JSON.stringify({ seed, ...violation }))
      },
    },
  )
  console.log(JSON.stringify({ ...report, seconds: (realNow() - startedMs) / 1000 }))
  if (report.violations.length > 0) process.exitCode = 1
}

async function runOne(seed: number): Promise<void> {
  const run = await runner(allLines)
  const outcome = await run(seed)
  const { violations, lines } = outcome
  if (options.trace === true) tell(outcome)
  if (options.shrink === true && violations.length > 0) {
    const fewest = await shrink(outcome, kinds, (without) => run(seed, without))
    const { faults } = fewest.outcome
    const without = [...fewest.without].join(',')
    console.log(JSON.stringify({ seed, violations: fewest.outcome.violations, faults, without }))
  } else {
    if (options.shrink === true) {
      console.error(`Seed ${seed} violates no invariant: there is nothing to shrink.`)
    }
    const { virtualDays: virtual_days, ...rest } = outcome
    const seconds = (realNow() - startedMs) / 1000
    console.log(JSON.stringify({ ...rest, virtual_days, lines: lines.length, seconds }))
  }
  // A pipe takes what is written when it has room.
  await new Promise((resolve) => process.stdout.write('', resolve))
  // What the SDK has opened would keep the process alive.
  process.exit(violations.length > 0 ? 1 : 0)
}

/** Runs each seed that the parent sends, and says at first that it is ready. */
async function serveParent(): Promise<void> {
  const run = await runner(linesBefore)
  process.on('message', (seed: number) => {
    void run(seed).then((outcome) => process.send?.(outcome))
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

async function runner(linesKept: number) {
  const code = await loadWorkflowCode()
  const { days } = options
  return (seed: number, left: Iterable<FaultKind> = []) => {
    const without = new Set([...leftOut, ...left])
    return new World({ seed, days, code, without, given, linesKept }).run()
  }
}

function tell({ violations, lines }: Outcome): void {
  if (violations.length > 0) {
    console.log('The last lines before the violation:\n')
    for (const line of lines.slice(-linesBefore)) console.log(line)
    console.log('\nThe whole story:\n')
  }
  for (const line of lines) console.log(line)
}

function describeFaults(): string {
  return Object.entries(faultKinds)
    .map(([kind, meaning]) => `  ${kind.padEnd(20)} ${meaning}`)
    .join('\n')
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new InvalidArgumentError('It must be a whole number from 1 on.')
  }
  return number
}

function positive(text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return number
}

function faultsOf(text: string): FaultKind[] {
  const names = text.split(',').filter((name) => name !== '')
  const unknown = names.find((name) => !Object.hasOwn(faultKinds, name))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no fault ${unknown}. There are: ${kinds.join(', ')}.`)
  }
  return names as FaultKind[]
}

function destinationsOf(text: string): RealDestination[] {
  const names = text.split(',').filter((name) => name !== '')
  const known: readonly string[] = realDestinations
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `There is no destination ${unknown}. There are: ${realDestinations.join(', ')}.`,
    )
  }
  return names as RealDestination[]
}
