import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Ended } from './connector-process.ts'

/** What was typed into a shell, while it runs. Nothing of it is left when it is disposed of. */
export interface TypedCommand extends Disposable {
  ended: Promise<Ended>
  /** Resolves once the text was shown on stderr; fails where the command ends without. */
  shows(text: string): Promise<void>
  /** As a terminal does it: every process of the command gets the signal. */
  pressControlC(): void
}

/** Runs what was typed into a shell of a person who has set nothing but what is given. */
export function typeCommand(folder: string, typed: string, given: Record<string, string> = {}): TypedCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm|QRCS|TEMPORAL)_/.test(name))
  const child = spawn('bash', ['-c', typed], {
    cwd: folder,
    // With dash, which npm finds as sh on Debian, a Ctrl-C hides what the command itself has ended with.
    env: { ...Object.fromEntries(inherited), npm_config_script_shell: 'bash', ...given },
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
    async shows(text) {
      while (!stderr.includes(text)) {
        const end = await Promise.race([once(child.stderr, 'data').then(() => null), ended])
        if (end !== null && !stderr.includes(text)) {
          throw new Error(`it ended with ${String(end.code)} and without "${text}": ${stderr}`)
        }
      }
    },
    pressControlC: () => {
      signalAll('SIGINT')
    },
    [Symbol.dispose]: killAll,
  }
}
