import type { Command } from 'commander'
import { visibleInLine } from '../../../model/visible-text.ts'
import { addCommand } from '../../add-command.ts'
import type { Served } from '../../../config/load-configs.ts'
import { AsyncClosingStack } from '../../../model/closing-stack.ts'
import type { TemporalPlan } from '../../../temporal/plan-temporal.ts'
import { print, printJson } from '../../print.ts'
import { NoAnswer } from '../../run-to-exit.ts'

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

/** By destination. */
type Changes = Record<string, string[]>

/**
 * Makes what config files want: tables, views, properties, search attributes, Schedules. A person sees the
 * difference first, and is asked.
 */
async function apply(options: ApplyOptions): Promise<void> {
  const { loadConfigs } = await import('../../../config/load-configs.ts')
  const { mustHave } = await import('../../with-destinations.ts')
  const served = loadConfigs(options.config, process.env)
  const only = options.destination
  if (only !== undefined) for (const config of served.configs) mustHave(config, only)
  await using opened = new AsyncClosingStack()
  const temporal = only === undefined ? await openPlan(served, opened) : null

  if (!options.dryRun && !options.yes && !options.json && process.stdin.isTTY && process.stdout.isTTY) {
    const wanted = await changesOf(served, only, true)
    const all = [...describe(served, wanted, temporal, 'would')]
    for (const line of all) print(line)
    if (!isAnyChange(wanted, temporal)) return
    const { askYesNo } = await import('../../init/prompts.ts')
    if (!(await askYesNo('Apply these changes?', true))) throw new NoAnswer('Nothing was changed.')
  }

  const changes = await changesOf(served, only, options.dryRun)
  if (!options.dryRun) await temporal?.apply()
  if (options.json) for (const each of asJson(served, changes, temporal, options.dryRun)) printJson(each)
  else for (const line of describe(served, changes, temporal, options.dryRun ? 'would' : 'done')) print(line)
}

/** Null where there is no server to look at: `up` starts one. */
async function openPlan(served: Served, opened: AsyncClosingStack): Promise<TemporalPlan | null> {
  const { planTemporal } = await import('../../../temporal/plan-temporal.ts')
  const { connectToRunningServer, isServerKnown } = await import('../../../temporal/server/running-server.ts')
  const [config] = served.configs
  if (!isServerKnown(config)) return null
  const temporal = await connectToRunningServer(config)
  opened.defer(() => temporal.close())
  return planTemporal(temporal, served)
}

async function changesOf(
  { configs }: Served,
  only: string | undefined,
  dryRun: boolean,
): Promise<Map<string, Changes>> {
  const { openLedger, openLedgerToLook } = await import('../../../ledger/base/open-ledger.ts')
  const { openDestinations } = await import('../../../worker/open-destinations.ts')
  const changes = new Map<string, Changes>()
  for (const config of configs) {
    const ledger = await (dryRun ? openLedgerToLook : openLedger)(config.ledger.location)
    const destinations = await openDestinations(config, ledger)
    const made: Changes = {}
    try {
      for (const [name, destination] of destinations) {
        if (name === (only ?? name)) made[name] = await (dryRun ? destination.plan() : destination.apply())
      }
    } finally {
      for (const destination of destinations.values()) await destination.close()
      await ledger.destroy()
    }
    changes.set(config.connector, made)
  }
  return changes
}

const isAnyChange = (changes: Map<string, Changes>, temporal: TemporalPlan | null) =>
  [
    ...[...changes.values()].flatMap((made) => Object.values(made).flat()),
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
    ...made.map((change) => `  ${visibleInLine(change)}`),
  ]
  for (const { connector } of configs) {
    const prefix = configs.length === 1 ? '' : `${connector}, `
    for (const [name, made] of Object.entries(changes.get(connector) ?? {})) yield* group(prefix + name, made)
    if (temporal !== null) yield* group(`${prefix}Schedule`, temporal.schedules.get(connector) ?? [])
  }
  if (temporal === null) return
  yield* group('Temporal', temporal.searchAttributes)
  if (temporal.obstacle !== null) yield `  workflows run without search attributes: ${temporal.obstacle}`
}

/** An object for each connector. */
function* asJson(
  { configs }: Served,
  changes: Map<string, Changes>,
  temporal: TemporalPlan | null,
  dryRun: boolean,
): Generator<object> {
  for (const { connector } of configs) {
    yield {
      connector,
      dry_run: dryRun,
      changes: changes.get(connector) ?? {},
      // Null where no server is known yet.
      schedule: temporal === null ? null : (temporal.schedules.get(connector) ?? []),
      search_attributes: temporal === null ? null : temporal.searchAttributes,
    }
  }
}
