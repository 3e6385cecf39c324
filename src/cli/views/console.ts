import { visible } from '../../model/visible-text.ts'
import type { LogFormat } from '../../observability/log-settings.ts'

const plainLineEveryMs = 3_000

/**
 * The output of a running command: on a terminal a status line that changes, in a log a plain line from time to
 * time.
 */
export interface Console {
  /** Whether somebody sees the status line; a log must not be filled with it. */
  readonly isTerminal: boolean
  /** Shows what is happening now. */
  status: (text: string) => void
  /** Prints a line that stays. */
  line: (text: string) => void
  /** Removes the status line. */
  stop: () => void
}

/** @param format `json` writes each line as a log line, on a terminal too; null: a terminal gets the status line */
export async function createConsole(
  stream: NodeJS.WriteStream = process.stderr,
  format: LogFormat | null = null,
): Promise<Console> {
  if (format === 'json') return logConsole((text) => void stream.write(`${visible(asLogLine(text))}\n`))
  return stream.isTTY
    ? terminalConsole(stream)
    : logConsole((text) => void stream.write(`${visible(text)}\n`))
}

/** In the format of pino, so that a collector can parse every line of stderr the same way. */
function asLogLine(text: string): string {
  return JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, name: 'qrsync', msg: text })
}

async function terminalConsole(stream: NodeJS.WriteStream): Promise<Console> {
  // A log has no spinner, and need not load one.
  const { default: ora } = await import('ora')
  // Ctrl-C must reach us, and not only remove the spinner.
  const spinner = ora({ stream, discardStdin: false })
  return {
    isTerminal: true,
    status(text) {
      spinner.text = visible(text)
      if (!spinner.isSpinning) spinner.start()
    },
    line(text) {
      const wasSpinning = spinner.isSpinning
      spinner.stop()
      stream.write(`${visible(text)}\n`)
      if (wasSpinning) spinner.start()
    },
    stop: () => void spinner.stop(),
  }
}

function logConsole(write: (text: string) => void): Console {
  let lastText = ''
  let lastAtMs = 0
  return {
    isTerminal: false,
    status(text) {
      if (text === lastText || Date.now() - lastAtMs < plainLineEveryMs) return
      lastText = text
      lastAtMs = Date.now()
      write(text)
    },
    line: write,
    stop: () => undefined,
  }
}
