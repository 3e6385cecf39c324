import type { Command } from 'commander'
import { addCommand } from '../add-command.ts'
import type { BackfillOptions } from './backfill.ts'
import type { DeliverOptions } from './deliver.ts'
import type { PauseOptions } from './pause.ts'
import type { SyncOptions } from './sync.ts'
import type { UpOptions } from './up.ts'
import type { WorkerOptions } from './worker.ts'

export function addCommandsToRun(program: Command): void {
  addCommand(program, {
    name: 'up',
    description:
      'apply a config file and run its worker: sync at once, and go on by the schedule until Ctrl-C',
    example: 'QRCS_API_KEY=qrs_... qrsync up --config qrsync.yaml',
    takes: 'config files',
  })
    .option('--once', 'end after the first sync is delivered, with one JSON line on stdout', false)
    .action(async (options: UpOptions) => (await import('./up.ts')).up(options))

  addCommand(program, {
    name: 'worker',
    description: 'run only the worker of what "apply" has set up, until it is told to stop',
    example: 'TEMPORAL_ADDRESS=temporal:7233 qrsync worker --config connectors/',
    takes: 'config files',
  }).action(async (options: WorkerOptions) => (await import('./worker.ts')).worker(options))

  addCommand(program, {
    name: 'sync',
    description:
      'have the planner look now; with --now bring all that is new, whatever it costs, and wait for it',
    example: 'qrsync sync --now',
  })
    .option('--now', 'all that is new', false)
    .action(async (options: SyncOptions) => (await import('./sync.ts')).sync(options))

  addBackfill(program)

  addCommand(program, {
    name: 'deliver',
    description: 'bring a destination up to the ledger now, or fill it anew; costs no call of the API',
    example: 'qrsync deliver --destination warehouse --from-start',
  })
    .requiredOption('-d, --destination <name>', 'its name in the config file')
    .option('--from-start', 'from the first row on: what the destination has already stays as it is', false)
    .option(
      '--resend',
      'the same, for one that was emptied: also records that it has confirmed before',
      false,
    )
    .action(async (options: DeliverOptions) => (await import('./deliver.ts')).deliver(options))

  addCommand(program, {
    name: 'pause',
    description: 'make no further call by plan; deliveries go on',
    example: 'qrsync pause --note "the agency is told"',
  })
    .option('--note <text>', 'why, for whoever finds it paused')
    .action(async (options: PauseOptions) => (await import('./pause.ts')).pause(options))

  addCommand(program, {
    name: 'resume',
    description: 'go on after a pause',
    example: 'qrsync resume',
  }).action(async (options: PauseOptions) => (await import('./pause.ts')).resume(options))
}

function addBackfill(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('the scans of before qrsync knew the account: what is left of them, and for how long')

  addCommand(backfill, {
    name: 'run',
    description: 'have the planner bring them now, as far as the month allows, and wait for it',
    example: 'qrsync backfill run',
  }).action(async (options: BackfillOptions) => (await import('./backfill.ts')).runBackfill(options))

  addCommand(backfill, {
    name: 'status',
    description: 'show what is left and when it will be landed; makes no call',
    example: 'qrsync backfill status --json',
  }).action(async (options: BackfillOptions) => (await import('./backfill.ts')).showBackfill(options))

  addCommand(backfill, {
    name: 'pause',
    description: 'leave them where they are; codes that have theirs landed go on',
    example: 'qrsync backfill pause',
  }).action(async (options: BackfillOptions) => (await import('./backfill.ts')).pauseBackfill(options))

  addCommand(backfill, {
    name: 'resume',
    description: 'go on after a pause',
    example: 'qrsync backfill resume',
  }).action(async (options: BackfillOptions) => (await import('./backfill.ts')).resumeBackfill(options))
}
