import type { Command } from 'commander'
import { visibleInLine } from '../../../model/visible-text.ts'
import { addCommand } from '../../add-command.ts'
import type { Served } from '../../../config/load-configs.ts'
import type { Destination } from '../../../destinations/destination.ts'
import { AsyncClosingStack } from '../../../model/closing-stack.ts'
import { ConnectorError } from '../../../model/connector-error.ts'
import type { TemporalPlan } from '../../../temporal/plan-temporal.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes, lineOf, NoAnswer, withoutRetries } from '../../run-to-exit.ts'

export function addApply(program: Command): void {
  addCommand(program, {
    name: 'apply',
    description:
      'create or change what a config file needs: tables, views, properties, the Schedule, search attributes; show the changes first',
    example: 'qrsync apply --config qrsync.yaml --dry-run',
    takes: 'config files',
  })
    .option('-d, --destination <name>', 'only this destination, and nothing in Temporal')
    .option('--dry-run', 'only show the changes', false)
    .option('-y, --yes', 'do not ask on a terminal', false)
    .action(apply)
}

interface ApplyOptions {
  config: string
  destination?: string
  dryRun: boolean
  yes: boolean
  json: boolean
}

/** What was changed, or would be, and what was not, with the reason. */
interface Changes {
  /** By destination. */
  done: Record<string, string[]>
  /** What earlier settings may have created, and these leave as it is, by destination. */
  leftAlone: Record<string, readonly string[]>
  /** One line each. */
  notDone: string[]
}

/**
 * Creates what config files need: tables, views, properties, search attributes, Schedules. It first shows the
 * changes to the user, and asks. A failure in one place stops no other, and is reported with what was done
 * there before.
 */
async function apply(options: ApplyOptions): Promise<void> {
  const { loadConfigs } = await import('../../../config/load-configs.ts')
  const { openTemporalPlan } = await import('../../open-temporal-plan.ts')
  const { mustHave } = await import('../../with-destinations.ts')
  const served = loadConfigs(options.config, process.env)
  const only = options.destination
  if (only !== undefined) for (const config of served.configs) mustHave(config, only)
  await using opened = new AsyncClosingStack()
  const temporal = only === undefined ? await openTemporalPlan(served, opened) : null

  if (!options.dryRun && !options.yes && !options.json && process.stdin.isTTY && process.stdout.isTTY) {
    const wanted = await changesOf(served, only, true)
    const all = [...describe(served, wanted, temporal, 'would')]
    for (const line of all) print(visibleInLine(line))
    if (!isAnyChange(wanted, temporal)) return
    const { askYesNo } = await import('../../init/prompts.ts')
    if (!(await askYesNo('Apply these changes?', true))) throw new NoAnswer('Nothing was changed.')
  }

  const changes = await changesOf(served, only, options.dryRun)
  const ofTemporal = options.dryRun || temporal === null ? [] : await applyTemporal(temporal)
  const leftOut = only === undefined ? [...ofTemporal, ...leftOutOf(temporal)] : []
  if (options.json) {
    for (const each of asJson(served, changes, temporal, { dryRun: options.dryRun, leftOut })) printJson(each)
  } else {
    const all = describe(served, changes, temporal, options.dryRun ? 'would' : 'done')
    for (const line of [...all, ...leftOut]) print(visibleInLine(line))
  }
  const hasFailed = [...changes.values()].some(({ notDone }) => notDone.length > 0)
  if (hasFailed || ofTemporal.length > 0) process.exitCode = exitCodes.failed
}

/** Returns what failed there, one line each, in the words of the plan. */
async function applyTemporal(temporal: TemporalPlan): Promise<string[]> {
  try {
    await temporal.apply()
    return []
  } catch (error) {
    const line = lineOf(error)
    if (line === null) throw error
    return [`Temporal: not done: ${line}`]
  }
}

/** Returns what was not done although nothing is wrong with it. */
function leftOutOf(temporal: TemporalPlan | null): string[] {
  if (temporal === null) {
    return [
      'Temporal: not done, because no server is running or configured: "qrsync up" starts one, and creates the Schedule there.',
    ]
  }
  return temporal.obstacle === null
    ? []
    : [`Temporal: workflows run without search attributes: ${temporal.obstacle}`]
}

async function changesOf(
  { configs }: Served,
  only: string | undefined,
  dryRun: boolean,
): Promise<Map<string, Changes>> {
  const { openLedger } = await import('../../../ledger/base/open-ledger.ts')
  const { openLedgerUnchanged } = await import('../../../ledger/base/read-version.ts')
  const { openDestinations } = await import('../../../worker/open-destinations.ts')
  const changes = new Map<string, Changes>()
  for (const config of configs) {
    const made: Changes = { done: {}, leftAlone: {}, notDone: [] }
    changes.set(config.connector, made)
    await using opened = new AsyncClosingStack()
    try {
      const ledger = await (dryRun ? openLedgerUnchanged : openLedger)(config.ledger.location)
      opened.defer(() => ledger.destroy())
      for (const [name, destination] of await openDestinations(config, ledger, { onlyReads: dryRun })) {
        opened.defer(() => destination.close())
        if (name === (only ?? name)) await changeOne(name, destination, dryRun, made)
      }
    } catch (error) {
      const line = lineOf(error)
      // Of one connector alone, there is nothing else to show.
      if (line === null || configs.length === 1) throw error
      made.notDone.push(`Ledger: not done: ${withoutRetries(line)}`)
    }
  }
  return changes
}

async function changeOne(
  name: string,
  destination: Destination,
  dryRun: boolean,
  made: Changes,
): Promise<void> {
  let wanted: string[] = []
  try {
    wanted = await destination.plan()
    made.done[name] = dryRun ? wanted : await destination.apply()
    made.leftAlone[name] = destination.leftAlone?.() ?? []
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    made.notDone.push(`${name}: not done: ${error.code}: ${withoutRetries(error.message)}`)
    // Some of it may have been done before the failure.
    const left = await destination.plan().catch(() => wanted)
    made.done[name] = wanted.filter((line) => !left.includes(line))
    made.notDone.push(...left.map((line) => `${name}: not done: ${line}`))
  }
}

const isAnyChange = (changes: Map<string, Changes>, temporal: TemporalPlan | null) =>
  [
    ...[...changes.values()].flatMap(({ done }) => Object.values(done).flat()),
    ...(temporal === null ? [] : [...temporal.searchAttributes, ...[...temporal.schedules.values()].flat()]),
  ].length > 0

function* describe(
  { configs }: Served,
  changes: Map<string, Changes>,
  temporal: TemporalPlan | null,
  verb: 'would' | 'done',
): Generator<string> {
  const group = (name: string, made: readonly string[]) => [
    `${name}: ${made.length === 0 ? 'nothing to change' : verb}`,
    ...made.map((change) => `  ${change}`),
  ]
  for (const { connector } of configs) {
    const prefix = configs.length === 1 ? '' : `${connector}, `
    const { done = {}, leftAlone = {}, notDone = [] } = changes.get(connector) ?? {}
    for (const [name, made] of Object.entries(done)) {
      const hasFailed = notDone.some((line) => line.startsWith(`${name}: `))
      if (!hasFailed || made.length > 0) yield* group(prefix + name, made)
      for (const line of leftAlone[name] ?? []) yield `  ${line}`
    }
    for (const line of notDone) yield prefix + line
    if (temporal !== null) yield* group(`${prefix}Schedule`, temporal.schedules.get(connector) ?? [])
  }
  if (temporal !== null) yield* group('Temporal', temporal.searchAttributes)
}

/** Yields an object for each connector. */
function* asJson(
  { configs }: Served,
  changes: Map<string, Changes>,
  temporal: TemporalPlan | null,
  { dryRun, leftOut }: { dryRun: boolean; leftOut: readonly string[] },
): Generator<object> {
  for (const { connector } of configs) {
    const { done = {}, leftAlone = {}, notDone = [] } = changes.get(connector) ?? {}
    yield {
      connector,
      dry_run: dryRun,
      changes: done,
      left_alone: leftAlone,
      // Null if no server is known yet.
      schedule: temporal === null ? null : (temporal.schedules.get(connector) ?? []),
      search_attributes: temporal === null ? null : temporal.searchAttributes,
      not_done: [...notDone, ...leftOut],
    }
  }
}
