import { toJsonNames } from './json/to-json-names.ts'
import { visible, withVisibleText } from '../model/visible-text.ts'

/** Prints a command's result to stdout. Like all output, it contains no characters that control the terminal. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`)
}

/** Prints a message to stderr. */
export function printAside(text: string): void {
  process.stderr.write(`${visible(text)}\n`)
}

/**
 * Prints JSON for programs, with all texts unchanged. Characters that a terminal would not show are escaped,
 * which JSON allows.
 */
export function printJson(value: unknown): void {
  print(JSON.stringify(toJsonNames(value)))
}

/** Prints a result, as JSON or in words. In words, no text of other systems starts a line. */
export function printResult<Result>(
  result: Result,
  { json, inWords }: { json: boolean; inWords: (result: Result) => string },
): void {
  if (json) printJson(result)
  else print(inWords(withVisibleText(result)))
}

/** Clears the terminal, if stdout is one. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
}
