/** What a command was asked for: on stdout, whether for a person or, as JSON, for a program. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
