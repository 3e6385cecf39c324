import ora from 'ora'
import { visible } from '../../model/visible-text.ts'
import type { LogFormat } from '../../observability/log-settings.ts'

const plainLineEveryMs = 3_000

/** What a person sees of a running command: on a terminal one moving line, in a log a plain line now and then. */
export interface Console {
  /** Whether somebody sees the moving line: a log is not to be filled with it. */
  readonly isTerminal: boolean
  /** What goes on right now. */
  status: (text: string) => void
  /** A line that stays. */
  line: (text: string) => void
  /** Takes the moving line away. */
  stop: () => void
}

/** @param format `json` writes each line as a line of the log, terminal or not; null: a terminal gets the moving line */
export function createConsole(
  stream: NodeJS.WriteStream = process.stderr,
  format: LogFormat | null = null,
): Console {
  if (format === 'json') return logConsole((text) => void stream.write(`${visible(asLogLine(text))}\n`))
  return stream.isTTY
    ? terminalConsole(stream)
    : logConsole((text) => void stream.write(`${visible(text)}\n`))
}

/** As pino writes them: a collector reads every line of stderr alike. */
function asLogLine(text: string): string {
  return JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, name: 'qrsync', msg: text })
}

function terminalConsole(stream: NodeJS.WriteStream): Console {
  // Ctrl-C must reach us and not only take the spinner away.
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
