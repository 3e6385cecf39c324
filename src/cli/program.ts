import { Command } from 'commander'
import packageJson from '#package.json' with { type: 'json' }
import { addApply } from './commands/apply.ts'
import { addBackfill } from './commands/backfill.ts'
import { addCheck } from './commands/check.ts'
import { addCompletion } from './commands/completion.ts'
import { addDeliver } from './commands/deliver.ts'
import { addExplain } from './commands/explain.ts'
import { addInit } from './commands/init.ts'
import { addPause } from './commands/pause.ts'
import { addPlan } from './commands/plan.ts'
import { addRejects } from './commands/rejects.ts'
import { addReport } from './commands/report.ts'
import { addResume } from './commands/resume.ts'
import { addStatus } from './commands/status.ts'
import { addSync } from './commands/sync.ts'
import { addUp } from './commands/up.ts'
import { addUsage } from './commands/usage.ts'
import { addVerify } from './commands/verify.ts'
import { addWorker } from './commands/worker.ts'
import { keepCompiledModules } from './keep-compiled-modules.ts'
import { print, printAside } from './print.ts'

/** In the order in which `qrsync --help` shows them: what sets up, what runs, what looks. */
const commands: readonly ((program: Command) => void)[] = [
  addInit,
  addCheck,
  addPlan,
  addApply,
  addUp,
  addWorker,
  addSync,
  addBackfill,
  addDeliver,
  addPause,
  addResume,
  addStatus,
  addUsage,
  addVerify,
  addExplain,
  addReport,
  addRejects,
  // It completes the commands that are there before it.
  addCompletion,
]

const exits = `
Exit codes: 0 success, 1 failure, 2 usage error, 3 the check found a problem.
Every command has --help with an example.`

/** `qrsync` with all its commands. Each imports the code that it runs when it is called, so help and completion start at once. */
export function createProgram(): Command {
  const program = new Command('qrsync')
    .description('Sync QR-code scans from the QRCodeStack API into your own tools, inside the call budget.')
    .version(packageJson.version)
    .option('--debug', 'show the stack trace of an error')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run with --help to see the commands and options.')
    .configureOutput({
      writeOut: (text) => {
        print(text.trimEnd())
      },
      writeErr: (text) => {
        printAside(text.trimEnd())
      },
    })
    .exitOverride()
    .addHelpText('after', exits)
    .hook('preAction', keepCompiledModules)
  for (const addTo of commands) addTo(program)
  return program
}
