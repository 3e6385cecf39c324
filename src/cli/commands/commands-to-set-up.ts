import { Option, type Command } from 'commander'
import { addCommand } from '../add-command.ts'
import type { ApplyOptions } from './apply.ts'
import type { CheckOptions } from './check.ts'
import type { InitOptions } from './init.ts'
import type { PlanOptions } from './plan.ts'

export function addCommandsToSetUp(program: Command): void {
  addCommand(program, {
    name: 'init',
    description: 'write a config file: asks, and tries each answer (the API key with one call of the month)',
    example: 'QRCS_API_KEY=qrs_... qrsync init --yes',
  })
    .option('--connector <name>', 'its name: part of every name in the Temporal UI')
    .option(
      '-y, --yes',
      'ask nothing: key from QRCS_API_KEY, API from QRCS_API_URL, rows into a DuckDB file',
      false,
    )
    .option('--force', 'replace a file that is there', false)
    .action(async (options: InitOptions) => (await import('./init.ts')).init(options))

  addCommand(program, {
    name: 'check',
    description: 'show who we are at each destination, what we may do there and what is missing',
    example: 'qrsync check --config qrsync.yaml',
    notAllIsWell: 'anything is missing',
  })
    .option('-d, --destination <name>', 'only this one')
    .action(async (options: CheckOptions) => (await import('./check.ts')).check(options))

  addCommand(program, {
    name: 'plan',
    description:
      "forecast the 30 days to come: where the calls will go, and how fresh each code's scans will be",
    example: 'qrsync plan --config qrsync.yaml --plan advanced',
  })
    .addOption(new Option('--plan <plan>', 'as if the account had this plan').choices(['pro', 'advanced']))
    .action(async (options: PlanOptions) => (await import('./plan.ts')).plan(options))

  addCommand(program, {
    name: 'apply',
    description:
      'create or change what a config file needs: tables, views, properties, the Schedule, search attributes; shows it first',
    example: 'qrsync apply --config qrsync.yaml --dry-run',
    takes: 'config files',
  })
    .option('-d, --destination <name>', 'only this one, and nothing of Temporal')
    .option('--dry-run', 'only show it', false)
    .option('-y, --yes', 'do not ask on a terminal', false)
    .action(async (options: ApplyOptions) => (await import('./apply.ts')).apply(options))
}
