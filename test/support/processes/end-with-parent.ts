/**
 * Runs a command that has nothing to save, and kills it when the parent closes our stdin or has ended for any
 * reason. Runs in its own session, so that a Ctrl-C does not end us before that.
 *
 * node end-with-parent.ts COMMAND [ARGUMENT …]
 */
import { spawn } from 'node:child_process'
import process from 'node:process'

const [, , command = '', ...commandArguments] = process.argv
const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] })
child.on('error', (error) => {
  console.error(error.message)
  process.exit(127)
})
child.on('exit', (code) => process.exit(code ?? 1))
process.stdin.on('close', () => child.kill('SIGKILL')).resume()
