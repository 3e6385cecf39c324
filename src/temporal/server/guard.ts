/**
 * Runs a command for a parent process, and ends it when the parent is gone, however that died: the parent's end of our
 * stdin closes then. Started in a session of its own, so a Ctrl-C meant for the parent does not stop the command under
 * a worker that is still finishing its work.
 *
 * node guard.ts COMMAND [ARGUMENT …]
 */
import { spawn } from 'node:child_process'
import process from 'node:process'

const [command, ...commandArguments] = process.argv.slice(2)
if (command === undefined) throw new Error('guard.ts: no command')

const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] })
child.on('error', (error) => {
  console.error(error.message)
  process.exit(127)
})
// Should the guard itself be killed, its parent can still end the command.
console.log(`guarded process ${String(child.pid)}`)
child.on('exit', (code, signal) => {
  if (signal !== null) console.error(`killed by ${signal}`)
  process.exit(code ?? 1)
})
process.stdin.on('close', () => child.kill('SIGTERM')).resume()
