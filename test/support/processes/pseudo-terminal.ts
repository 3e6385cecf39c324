import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'

/** A command on its own terminal, as a user has one. */
export interface PseudoTerminal {
  /** Resolves once the screen has shown all of these since the last call, in this order. */
  until(...texts: string[]): Promise<void>
  /** Types, without Return. */
  type(keys: string): void
  /** Everything shown, without colours and cursor movements. */
  shown(): string
  /** The exit code. */
  ended: Promise<number | null>
  kill(): void
}

export const keys = {
  enter: '\r',
  down: '\u001b[B',
  controlC: '\u0003',
  left: '\u001b[D',
  clearLine: '\u0015',
} as const

/** Python supports terminals on every system; the packages for Node that do have to be compiled. */
const script = `
import os, pty, sys
sized = ['sh', '-c', 'stty cols 120 rows 50; exec "$@"', 'sh', *sys.argv[1:]]
status = pty.spawn(sized, lambda fd: os.read(fd, 65536))
sys.exit(os.waitstatus_to_exitcode(status))
`

export function runOnTerminal(command: string[], environment: NodeJS.ProcessEnv): PseudoTerminal {
  const child = spawn('python3', ['-c', script, ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...environment, TERM: 'xterm' },
  })
  let screen = ''
  let seen = 0
  const changed = new EventTarget()
  child.stdout.on('data', (chunk: Buffer) => {
    screen += stripVTControlCharacters(chunk.toString())
    changed.dispatchEvent(new Event('change'))
  })
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', killChild)
    changed.dispatchEvent(new Event('change'))
    return code as number | null
  })
  const isOver = () => child.exitCode !== null

  async function until(...texts: string[]): Promise<void> {
    for (const text of texts) {
      let at = screen.indexOf(text, seen)
      while (at < 0) {
        if (isOver()) throw new Error(`it ended without showing "${text}":\n${screen}`)
        await new Promise((resolve) => {
          changed.addEventListener('change', resolve, { once: true })
        })
        at = screen.indexOf(text, seen)
      }
      seen = at + text.length
    }
  }

  return {
    until,
    type: (typed) => void child.stdin.write(typed),
    shown: () => screen,
    ended,
    kill: () => void killChild(),
  }
}
