import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addCommandsToLook } from './commands/commands-to-look.ts'
import { addCommandsToRun } from './commands/commands-to-run.ts'
import { addCommandsToSetUp } from './commands/commands-to-set-up.ts'
import { addCompletion } from './commands/completion.ts'

const exits = `
Exits with 0 where all is done, 1 where something failed, 2 where it was called in a way that it cannot be, and 3 where what it
looked at is not as it should be. Every command has --help with an example.`

/** `qrsync` with all its commands. They are imported when they are called: those that only look start at once. */
export function createProgram(): Command {
  const program = new Command('qrsync')
    .description('Scans of QR codes from the QRCodeStack API into your own tools, inside the call budget.')
    .version(packageJson.version)
    .option('--debug', 'show the stack of what fails')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Add --help for what there is.')
    .exitOverride()
    .addHelpText('after', exits)
  addCommandsToSetUp(program)
  addCommandsToRun(program)
  addCommandsToLook(program)
  addCompletion(program)
  return program
}
