import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Ended } from './connector-process.ts'

/** A running command that was typed into a shell. Disposal ends everything it started. */
export interface TypedCommand extends Disposable {
  ended: Promise<Ended>
}

/** The environment of a user who has set only the given variables. */
export function userEnvironment(given: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm|QRCS|TEMPORAL)_/.test(name))
  // With dash, which npm finds as sh on Debian, a Ctrl-C hides the exit code of the command.
  return { ...Object.fromEntries(inherited), npm_config_script_shell: 'bash', ...given }
}

/** Runs a command line in the shell of a user whose environment contains only the given variables. */
export function typeCommand(folder: string, typed: string, given: Record<string, string> = {}): TypedCommand {
  const child = spawn('bash', ['-c', typed], {
    cwd: folder,
    env: userEnvironment(given),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const signalAll = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, signal)
    }
  }
  const killAll = () => {
    signalAll('SIGKILL')
  }
  process.once('exit', killAll)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', killAll)
    return { code: code as number | null, stdout, stderr }
  })
  return {
    ended,
    [Symbol.dispose]: killAll,
  }
}
