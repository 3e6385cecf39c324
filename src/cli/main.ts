#!/usr/bin/env node
import { Command, Option } from 'commander'
import type { ApplyOptions } from './apply.ts'
import type { CheckOptions } from './check.ts'
import type { DeliverOptions } from './deliver.ts'
import type { InitOptions } from './init.ts'
import type { PauseOptions } from './pause.ts'
import type { RejectsOptions } from './rejects.ts'
import type { ReportOptions } from './report.ts'
import type { StatusOptions } from './status.ts'
import type { SyncOptions } from './sync.ts'
import { runToExit } from './run-to-exit.ts'

const program = new Command('qrsync')
  .description('Scans of QR codes from the QRCodeStack API into your own tools, inside the call budget.')
  .showHelpAfterError()

const example = (line: string) => `\nExample:\n  ${line}`

// Commands are imported when they are called: those that only look in the ledger need no Temporal, and start at once.
program
  .command('init')
  .description('write a config file: asks, and tries each answer (the API key with one call of the month)')
  .option('-c, --config <file>', 'the file to write', 'qrsync.yaml')
  .option('--connector <name>', 'its name: part of every name in the Temporal UI')
  .option(
    '-y, --yes',
    'ask nothing: key from QRCS_API_KEY, API from QRCS_API_URL, rows into a DuckDB file',
    false,
  )
  .option('--force', 'replace a file that is there', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('QRCS_API_KEY=qrs_... qrsync init --yes'))
  .action(async (options: InitOptions) => (await import('./init.ts')).init(options))

program
  .command('up')
  .description('start everything that a config file names, sync at once, and go on by the schedule')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--once', 'end after the first sync is delivered, with one JSON line on stdout', false)
  .addHelpText('after', example('QRCS_API_KEY=qrs_... qrsync up --config qrsync.yaml'))
  .action(async (options: { config: string; once: boolean }) => (await import('./up.ts')).up(options))

program
  .command('sync')
  .description(
    'have the planner look now; with --now bring all that is new, whatever it costs, and wait for it',
  )
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--now', 'all that is new', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync sync --now'))
  .action(async (options: SyncOptions) => (await import('./sync.ts')).sync(options))

program
  .command('status')
  .description('show how fresh it is, how many calls are left, what each destination has, and what fails')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('-w, --watch', 'look again every two seconds', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync status --watch'))
  .action(async (options: StatusOptions) => (await import('./status.ts')).status(options))

program
  .command('pause')
  .description('make no further call by plan; deliveries go on')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--note <text>', 'why, for whoever finds it paused')
  .addHelpText('after', example('qrsync pause --note "the agency is told"'))
  .action(async (options: PauseOptions) => (await import('./pause.ts')).pause(options))

program
  .command('resume')
  .description('go on after a pause')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .addHelpText('after', example('qrsync resume'))
  .action(async (options: PauseOptions) => (await import('./pause.ts')).resume(options))

program
  .command('plan')
  .description(
    "forecast the 30 days to come: where the calls will go, and how fresh each code's scans will be",
  )
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .addOption(new Option('--plan <plan>', 'as if the account had this plan').choices(['pro', 'advanced']))
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync plan --config qrsync.yaml --plan advanced'))
  .action(async (options: { config: string; plan?: 'pro' | 'advanced'; json: boolean }) =>
    (await import('./plan.ts')).plan(options),
  )

program
  .command('usage')
  .description('show where every call of this month went')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync usage --config qrsync.yaml --json'))
  .action(async (options: { config: string; json: boolean }) => (await import('./usage.ts')).usage(options))

program
  .command('verify')
  .description('hold what the API counts of each code against what is landed; exit with 1 if scans are lost')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync verify --config qrsync.yaml'))
  .action(async (options: { config: string; json: boolean }) => (await import('./verify.ts')).verify(options))

program
  .command('report')
  .description(
    'write the numbers as a page to read, print or send: calls, lags, scans, destinations, rejects',
  )
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('-o, --out <file>', 'the page', 'report.html')
  .option('--json', 'print one JSON object instead', false)
  .addHelpText('after', example('qrsync report --config qrsync.yaml --out report.html'))
  .action(async (options: ReportOptions) => (await import('./report.ts')).report(options))

program
  .command('check')
  .description(
    'show who we are at each destination, what we may do there and what is missing; exit with 1 if anything is',
  )
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('-d, --destination <name>', 'only this one')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync check --config qrsync.yaml'))
  .action(async (options: CheckOptions) => (await import('./check.ts')).check(options))

program
  .command('apply')
  .description('create or change what destinations need: tables, views, properties')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('-d, --destination <name>', 'only this one')
  .option('--dry-run', 'only show what would be created or changed', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync apply --config qrsync.yaml --dry-run'))
  .action(async (options: ApplyOptions) => (await import('./apply.ts')).apply(options))

program
  .command('deliver')
  .description('bring a destination up to the ledger now, or fill it anew; costs no call of the API')
  .requiredOption('-d, --destination <name>', 'its name in the config file')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--from-start', 'from the first row on: what the destination has already stays as it is', false)
  .option('--resend', 'the same, for one that was emptied: also records that it has confirmed before', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', example('qrsync deliver --destination warehouse --from-start'))
  .action(async (options: DeliverOptions) => (await import('./deliver.ts')).deliver(options))

const rejects = program.command('rejects').description('rows that destinations have refused')

const ofRejects = (command: Command) =>
  command
    .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
    .option('-d, --destination <name>', 'only of this one')
    .option('--stream <stream>', 'only of this stream')
    .option('--id <id>', 'only this row')
    .option('--json', 'print one JSON object', false)

ofRejects(rejects.command('list'))
  .description('show them, each with its reason')
  .addHelpText('after', example('qrsync rejects list --destination crm'))
  .action(async (options: RejectsOptions) => (await import('./rejects.ts')).listRejects(options))

ofRejects(rejects.command('replay'))
  .description('hand them over once more, as they are now')
  .addHelpText('after', example('qrsync rejects replay --destination crm'))
  .action(async (options: RejectsOptions) => (await import('./rejects.ts')).replayRejects(options))

await runToExit(() => program.parseAsync())
