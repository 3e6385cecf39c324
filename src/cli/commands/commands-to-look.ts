import type { Command } from 'commander'
import { addCommand } from '../add-command.ts'
import type { RejectsOptions } from './rejects.ts'
import type { ReportOptions } from './report.ts'
import type { StatusOptions } from './status.ts'
import type { UsageOptions } from './usage.ts'
import type { VerifyOptions } from './verify.ts'

export function addCommandsToLook(program: Command): void {
  addCommand(program, {
    name: 'status',
    description: 'show how fresh it is, how many calls are left, what each destination has, and what fails',
    example: 'qrsync status --watch',
  })
    .option('-w, --watch', 'look again every two seconds', false)
    .action(async (options: StatusOptions) => (await import('./status.ts')).status(options))

  addCommand(program, {
    name: 'usage',
    description: 'show where every call of this month went',
    example: 'qrsync usage --config qrsync.yaml --json',
  }).action(async (options: UsageOptions) => (await import('./usage.ts')).usage(options))

  addCommand(program, {
    name: 'verify',
    description:
      "hold what is landed of each code against the API's count, and what each destination has against what is landed",
    example: 'qrsync verify --config qrsync.yaml',
    notAllIsWell: 'scans are missing and nothing explains it, or calls of the API fail',
  })
    .option('--no-destinations', 'ask the ledger only')
    .action(async (options: VerifyOptions) => (await import('./verify.ts')).verify(options))

  addCommand(program, {
    name: 'report',
    description:
      'write the numbers as a page to read, print or send: calls, lags, scans, destinations, rejects',
    example: 'qrsync report --config qrsync.yaml --out report.html',
  })
    .option('-o, --out <file>', 'the page; not written with --json', 'report.html')
    .action(async (options: ReportOptions) => (await import('./report.ts')).report(options))

  const rejects = program.command('rejects').description('rows that destinations have refused')
  const ofRejects = (command: Command) =>
    command
      .option('-d, --destination <name>', 'only of this one')
      .option('--stream <stream>', 'only of this stream')
      .option('--id <id>', 'only this row')

  ofRejects(
    addCommand(rejects, {
      name: 'list',
      description: 'show them, each with its reason',
      example: 'qrsync rejects list --destination crm',
    }),
  ).action(async (options: RejectsOptions) => (await import('./rejects.ts')).listRejects(options))

  ofRejects(
    addCommand(rejects, {
      name: 'replay',
      description: 'hand them over once more, as they are now',
      example: 'qrsync rejects replay --destination crm',
    }),
  ).action(async (options: RejectsOptions) => (await import('./rejects.ts')).replayRejects(options))
}
