import { toJsonNames } from './json/to-json-names.ts'
import { visible, withVisibleText } from '../model/visible-text.ts'

/** What a command was asked for: on stdout. Like all that is shown, it makes a terminal do nothing but show it. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`)
}

/** What is said beside it: on stderr. */
export function printAside(text: string): void {
  process.stderr.write(`${visible(text)}\n`)
}

/** For programs, which get all texts as they are; what a terminal would not show is escaped, as JSON may. */
export function printJson(value: unknown): void {
  print(JSON.stringify(toJsonNames(value)))
}

/** A result, as JSON or in words. In the latter, no text of others begins a line. */
export function printResult<Result>(
  result: Result,
  { json, inWords }: { json: boolean; inWords: (result: Result) => string },
): void {
  if (json) printJson(result)
  else print(inWords(withVisibleText(result)))
}

/** Empties the terminal, if stdout is one. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
}
