/**
 * Runs a PostgreSQL server for a parent process. When the parent lets go of our stdin, or is gone however it died, ends the
 * server and removes its folder. Started in a session of its own, so that a Ctrl-C does not end us before that.
 *
 * node postgres-guard.ts FOLDER COMMAND [ARGUMENT …]
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import process from 'node:process'
import { unprivileged } from './unprivileged.ts'

const [, , folder = '', command = '', ...commandArguments] = process.argv
const server = spawn(command, commandArguments, { stdio: ['ignore', 'ignore', 'inherit'], ...unprivileged })
let isTold = false
server.on('exit', (code) => {
  if (isTold) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(code ?? 1)
})
process.stdin
  .on('close', () => {
    isTold = true
    // At once, whoever is connected.
    server.kill('SIGQUIT')
  })
  .resume()
