import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** Only its owner may read a file that contains keys. */
const privateMode = 0o600

/**
 * Writes variables into a `.env` file that only its owner may read. Replaces those that it has, and keeps
 * everything else.
 *
 * @throws Error if the file cannot be read or written, or if a value cannot be written in the format
 */
export function writeEnvFile(path: string, variables: Readonly<Record<string, string>>): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const text = withVariables(before, variables)
  if (existsSync(path)) chmodSync(path, privateMode)
  writeFileSync(path, text, { mode: privateMode })
}

/** Returns the text of a `.env` file with these variables. */
export function withVariables(before: string, variables: Readonly<Record<string, string>>): string {
  const kept = before.split('\n').filter((line) => !Object.hasOwn(variables, nameIn(line)))
  while (kept.at(-1) === '') kept.pop()
  const added = Object.entries(variables).map(([name, value]) => `${name}=${quoted(name, value)}`)
  const text = [...kept, ...added, ''].join('\n')
  const read = parseEnv(text)
  for (const [name, value] of Object.entries(variables)) {
    if (read[name] !== value) throw new Error(`the value of ${name} cannot be written into a .env file`)
  }
  return text
}

const nameIn = (line: string) => /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(line)?.[1] ?? ''

/** Plain characters need no quotes. Any other value gets those that it does not contain. */
function quoted(name: string, value: string): string {
  if (/^[\w./:@+-]+$/.test(value)) return value
  const quote = ["'", '`', '"'].find((each) => !value.includes(each))
  if (quote === undefined) throw new Error(`the value of ${name} cannot be written into a .env file`)
  return quote + value + quote
}
