/**
 * Runs a command for a parent process, and ends it when the parent has ended for any reason: the parent's end
 * of our stdin closes then. It runs in its own session, so that a Ctrl-C for the parent does not stop the
 * command while the worker finishes its work.
 *
 * node guard.ts COMMAND [ARGUMENT …]
 */
import { spawn } from 'node:child_process'
import process from 'node:process'

const [command, ...commandArguments] = process.argv.slice(2)
if (command === undefined) throw new Error('guard.ts: no command')

// The server's database holds histories, and is for this user only.
process.umask(0o077)
const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] })
child.on('error', (error) => {
  console.error(error.message)
  process.exit(127)
})
// If the guard itself is killed, its parent can still end the command.
console.log(`guarded process ${String(child.pid)}`)
child.on('exit', (code, signal) => {
  if (signal !== null) console.error(`killed by ${signal}`)
  process.exit(code ?? 1)
})
process.stdin.on('close', () => child.kill('SIGTERM')).resume()
