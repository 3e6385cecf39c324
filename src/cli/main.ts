#!/usr/bin/env node
import { Command, Option } from 'commander'
import { runToExit } from './run-to-exit.ts'

const program = new Command('qrsync')
  .description('Scans of QR codes from the QRCodeStack API into your own tools, inside the call budget.')
  .showHelpAfterError()

const example = (line: string) => `\nExample:\n  ${line}`

// Commands are imported when they are called: those that only look in the ledger need no Temporal, and start at once.
program
  .command('up')
  .description('start everything that a config file names, sync at once, and go on by the schedule')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--once', 'end after the first sync is delivered, with one JSON line on stdout', false)
  .addHelpText('after', example('QRCS_API_KEY=qrs_... qrsync up --config qrsync.yaml'))
  .action(async (options: { config: string; once: boolean }) => (await import('./up.ts')).up(options))

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

await runToExit(() => program.parseAsync())
