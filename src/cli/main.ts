#!/usr/bin/env node
import { Command } from 'commander'
import { runToExit } from './run-to-exit.ts'
import { up } from './up.ts'

const program = new Command('qrsync')
  .description('Scans of QR codes from the QRCodeStack API into your own tools, inside the call budget.')
  .showHelpAfterError()

program
  .command('up')
  .description('start everything that a config file names, sync at once, and go on by the schedule')
  .option('-c, --config <file>', 'the config file', 'qrsync.yaml')
  .option('--once', 'end after the first sync is delivered, with one JSON line on stdout', false)
  .addHelpText('after', '\nExample:\n  QRCS_API_KEY=qrs_... qrsync up --config qrsync.yaml')
  .action(up)

await runToExit(() => program.parseAsync())
