import type { Command } from 'commander'
import { withVisibleText } from '../../../model/visible-text.ts'
import { addCommand } from '../../add-command.ts'
import type { CheckReport, Destination } from '../../../destinations/destination.ts'
import type { Config } from '../../../config/schema.ts'
import type { Ledger } from '../../../ledger/base/schema.ts'
import type { TargetKey } from '../../../ledger/deliveries/targets.ts'
import { ConnectorError } from '../../../model/connector-error.ts'
import { print, printJson } from '../../print.ts'
import { exitCodes, withoutRetries } from '../../run-to-exit.ts'

export function addCheck(program: Command): void {
  addCommand(program, {
    name: 'check',
    description:
      'test the API key (one call) and each destination: identity, permissions, and what is missing',
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

/** In the form that `--json` prints. */
interface CheckedDestination extends CheckReport {
  destination: string
  isReady: boolean
  /** Set if it could not be reached. */
  error: { code: string; message: string } | null
  /** What it wrote to so far, if the config file now points to something else. */
  changedFrom?: string | null
}

/**
 * Shows whether the API accepts the key, which account each destination uses, what qrsync may do there, and
 * what is missing. Exits with 3 if anything is missing.
 */
export async function check(options: CheckOptions): Promise<void> {
  const { withDestinations } = await import('../../with-destinations.ts')
  const { describeRisks } = await import('../../../worker/describe-risks.ts')
  await withDestinations(options.config, options.destination, async ({ config, ledger, destinations }) => {
    const isWhole = options.destination === undefined
    const source = isWhole ? await checkApi(config, ledger) : null
    if (source !== null && !options.json) print(describeSource(inOneLineEach(source)))
    const checked: CheckedDestination[] = []
    for (const [name, destination] of destinations) {
      const report = await checkOne(name, destination)
      report.changedFrom = await changedFrom(
        ledger,
        { connector: config.connector, destination: name },
        report,
      )
      checked.push(report)
      if (!options.json) print(describe(inOneLineEach(report)))
    }
    const notes = await describeRisks([config])
    if (!options.json) for (const line of notes) print(`note: ${line}`)
    if (options.json) printJson({ connector: config.connector, source, destinations: checked, notes })
    const changed = checked
      .filter((report) => report.changedFrom != null)
      .map(({ destination }) => destination)
    const hasSourceFailed = source?.error != null
    if (hasSourceFailed || checked.some(({ isReady }) => !isReady)) process.exitCode = exitCodes.notAllIsWell
    else if (!options.json) print(['Nothing is missing', ...refillNotes(changed)].join('; ') + '.')
  })
}

/** Text of other systems starts no line; the second line of our own errors is their advice. */
function inOneLineEach<Checked extends { error: unknown }>(checked: Checked): Checked {
  return { ...withVisibleText(checked), error: checked.error }
}

/** In the form that `--json` prints. */
interface CheckedSource {
  url: string
  /** Null if the API could not be reached, or must not be called now. */
  account: { id: string; plan: string; calls_this_month: number } | null
  error: { code: string; message: string } | null
}

async function checkApi(config: Config, ledger: Ledger): Promise<CheckedSource> {
  const { checkSource } = await import('../../../worker/first-look.ts')
  const { url } = config.source
  try {
    const account = await checkSource(config, ledger)
    if (account === null) return { url, account: null, error: null }
    const { account_id: id, plan, usage } = account
    return { url, account: { id, plan, calls_this_month: usage.api_calls_this_month }, error: null }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    const { code, message } = error
    return { url, account: null, error: { code, message: withoutRetries(message) } }
  }
}

function describeSource({ url, account, error }: CheckedSource): string {
  if (error !== null) return `source: ${error.code}: ${error.message}`
  if (account === null) {
    return `source: ${url} was not asked: no call may be made now ("qrsync status" says why)`
  }
  const { id, plan, calls_this_month: calls } = account
  return `source: ${url}\n  ok       the API accepts the key: account ${id} on ${plan}, ${calls} ${calls === 1 ? 'call' : 'calls'} this month`
}

async function changedFrom(
  ledger: Ledger,
  key: TargetKey,
  { target }: CheckedDestination,
): Promise<string | null> {
  const { readTarget } = await import('../../../ledger/deliveries/targets.ts')
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
    const failure = { code, message: withoutRetries(message) }
    return { destination: name, isReady: false, identity: '', needs: [], error: failure }
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
