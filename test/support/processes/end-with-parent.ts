/**
 * Runs a command that has nothing to keep, and kills it when the parent lets go of our stdin or is gone, however it died.
 * Started in a session of its own, so that a Ctrl-C does not end us before that.
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
