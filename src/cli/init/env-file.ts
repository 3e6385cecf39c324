import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { parseEnv } from 'node:util'
import { childEnvironment } from '../../temporal/server/child-environment.ts'

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

/** Returns those of the names that a `.env` file sets already. A missing or unreadable file sets none. */
export function namesSetIn(path: string, names: readonly string[]): string[] {
  let set: Readonly<Record<string, string | undefined>>
  try {
    set = parseEnv(readFileSync(path, 'utf8'))
  } catch {
    return []
  }
  return names.filter((name) => Object.hasOwn(set, name))
}

/** Exit code of `git check-ignore` for a file that Git would commit; 128 is a folder without a repository. */
const notIgnored = 1

/** Returns whether Git would commit the file: false without Git, outside of a repository, or if it is ignored. */
export function isOpenToGit(path: string): boolean {
  const { status } = spawnSync('git', ['check-ignore', '--quiet', basename(path)], {
    cwd: dirname(path),
    env: childEnvironment(process.env),
    stdio: 'ignore',
  })
  return status === notIgnored
}
