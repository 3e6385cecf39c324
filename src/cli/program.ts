import { Command } from 'commander'
import packageJson from '#package.json' with { type: 'json' }
import { addAlerts } from './commands/run/alerts.ts'
import { addApply } from './commands/setup/apply.ts'
import { addBackfill } from './commands/run/backfill.ts'
import { addCheck } from './commands/setup/check.ts'
import { addCompletion } from './commands/setup/completion.ts'
import { addDeliver } from './commands/run/deliver.ts'
import { addErase } from './commands/run/erase.ts'
import { addExplain } from './commands/look/explain.ts'
import { addInit } from './commands/setup/init.ts'
import { addExport } from './commands/look/export.ts'
import { addLogs } from './commands/look/logs.ts'
import { addPause } from './commands/run/pause.ts'
import { addPlan } from './commands/setup/plan.ts'
import { addRejects } from './commands/run/rejects.ts'
import { addReport } from './commands/look/report.ts'
import { addResume } from './commands/run/resume.ts'
import { addResync } from './commands/run/resync.ts'
import { addRuns } from './commands/look/runs.ts'
import { addStatus } from './commands/look/status.ts'
import { addSync } from './commands/run/sync.ts'
import { addUpgrade } from './commands/setup/upgrade.ts'
import { addUp } from './commands/run/up.ts'
import { addUsage } from './commands/look/usage.ts'
import { addVerify } from './commands/look/verify.ts'
import { addWorker } from './commands/run/worker.ts'
import { keepCompiledModules } from './keep-compiled-modules.ts'
import { print, printAside } from './print.ts'

/** In the order in which `qrsync --help` shows them: commands that set up, that run, and that show something. */
const commands: readonly ((program: Command) => void)[] = [
  addInit,
  addCheck,
  addPlan,
  addApply,
  addUpgrade,
  addUp,
  addWorker,
  addSync,
  addBackfill,
  addResync,
  addErase,
  addDeliver,
  addPause,
  addResume,
  addStatus,
  addUsage,
  addVerify,
  addExplain,
  addReport,
  addExport,
  addRuns,
  addLogs,
  addRejects,
  addAlerts,
  // It completes the commands that were added before it.
  addCompletion,
]

const exits = `
Exit codes: 0 success, 1 failure, 2 wrong command line or config file, 3 the check found a problem.
Every command has --help with an example.`

/**
 * Creates `qrsync` with all its commands. Each imports the code that it runs when it is called, so that help
 * and completion start quickly.
 */
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
