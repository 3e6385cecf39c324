import ora from 'ora'
import { visible } from '../../model/visible-text.ts'

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

export function createConsole(stream: NodeJS.WriteStream = process.stderr): Console {
  return stream.isTTY ? terminalConsole(stream) : logConsole(stream)
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

function logConsole(stream: NodeJS.WriteStream): Console {
  let lastText = ''
  let lastAtMs = 0
  return {
    isTerminal: false,
    status(text) {
      if (text === lastText || Date.now() - lastAtMs < plainLineEveryMs) return
      lastText = text
      lastAtMs = Date.now()
      stream.write(`${visible(text)}\n`)
    },
    line: (text) => void stream.write(`${visible(text)}\n`),
    stop: () => undefined,
  }
}
