/**
 * Runs a PostgreSQL server for a parent process. When the parent closes our stdin, or has ended for any reason,
 * ends the server and removes its folder. Runs in its own session, so that a Ctrl-C does not end us before
 * that.
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
    // At once, even with connected clients.
    server.kill('SIGQUIT')
  })
  .resume()
