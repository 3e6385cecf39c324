import type { Command } from 'commander'
import { addCommand } from '../add-command.ts'
import type { CheckReport, Destination } from '../../destinations/destination.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import type { TargetKey } from '../../ledger/deliveries/targets.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { print } from '../print.ts'
import { exitCodes } from '../run-to-exit.ts'

export function addCheck(program: Command): void {
  addCommand(program, {
    name: 'check',
    description: 'show your identity and permissions at each destination, and what is missing',
    example: 'qrsync check --config qrsync.yaml',
    notAllIsWell: 'anything is missing',
  })
    .option('-d, --destination <name>', 'only this destination')
    .action(check)
}

interface CheckOptions {
  config: string
  destination?: string
  json: boolean
}

/** As `--json` prints it. */
interface CheckedDestination extends CheckReport {
  destination: string
  isReady: boolean
  /** Where it could not be asked. */
  error: { code: string; message: string } | null
  /** What it wrote to so far, where the config file now leads to something else. */
  changedFrom?: string | null
}

/** Who we are at each destination, what we may do there, what is missing. Exits with 3 where anything is. */
export async function check(options: CheckOptions): Promise<void> {
  const { withDestinations } = await import('../with-destinations.ts')
  await withDestinations(options.config, options.destination, async ({ config, ledger, destinations }) => {
    const checked: CheckedDestination[] = []
    for (const [name, destination] of destinations) {
      const report = await checkOne(name, destination)
      report.changedFrom = await changedFrom(
        ledger,
        { connector: config.connector, destination: name },
        report,
      )
      checked.push(report)
      if (!options.json) print(describe(report))
    }
    if (options.json) print(JSON.stringify({ connector: config.connector, destinations: checked }))
    const changed = checked
      .filter((report) => report.changedFrom != null)
      .map(({ destination }) => destination)
    if (checked.some(({ isReady }) => !isReady)) process.exitCode = exitCodes.notAllIsWell
    else if (!options.json) print(['Nothing is missing', ...refillNotes(changed)].join('; ') + '.')
  })
}

async function changedFrom(
  ledger: Ledger,
  key: TargetKey,
  { target }: CheckedDestination,
): Promise<string | null> {
  const { readTarget } = await import('../../ledger/deliveries/targets.ts')
  const known = await readTarget(ledger, key)
  return target === undefined || known === null || known.identity === target ? null : known.identity
}

function refillNotes(destinations: readonly string[]): string[] {
  if (destinations.length === 0) return []
  return [
    `${destinations.join(', ')} will be filled again from the first row, which makes no call to the API`,
  ]
}

async function checkOne(name: string, destination: Destination): Promise<CheckedDestination> {
  try {
    const report = await destination.check()
    const isReady = report.needs.every(({ isMet }) => isMet)
    return { destination: name, isReady, ...report, error: null }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    const { code, message } = error
    return { destination: name, isReady: false, identity: '', needs: [], error: { code, message } }
  }
}

function describe({
  destination,
  identity,
  needs,
  warnings = [],
  error,
  changedFrom,
}: CheckedDestination): string {
  if (error !== null) return `${destination}: ${error.code}: ${error.message}`
  const lines = needs.map(({ what, isMet, advice }) =>
    isMet
      ? `  ok       ${what}`
      : `  missing  ${what}${advice === undefined ? '' : `\n           ${advice}`}`,
  )
  const change = changedFrom == null ? [] : [`  changed  until now it wrote to ${changedFrom}`]
  const notes = warnings.map((warning) => `  note     ${warning}`)
  return [`${destination}: ${identity}`, ...change, ...lines, ...notes].join('\n')
}
