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

/**
 * Returns the text of a `.env` file with these variables. Every other variable keeps its value.
 *
 * @throws Error if the format cannot hold a value, or if a quote that the file leaves open would swallow it
 */
export function withVariables(before: string, variables: Readonly<Record<string, string>>): string {
  const entries = entriesOf(before)
  const kept = entries
    .filter(({ name }) => !Object.hasOwn(variables, name))
    .map(({ text }) => text)
    .join('\n')
    .replace(/\n+$/, '')
  const added = Object.entries(variables).map(([name, value]) => `${name}=${quoted(name, value)}`)
  const text = [...(kept === '' ? [] : [kept]), ...added, ''].join('\n')
  const changed = changedName(parseEnv(text), { ...parseEnv(before), ...variables })
  if (changed === undefined) return text
  const open = entries.find(({ openQuote }) => openQuote !== null)
  if (open !== undefined) {
    throw new Error(`its line ${open.line} opens a quote (${open.openQuote}) that no line closes`)
  }
  if (Object.hasOwn(variables, changed)) throw notHeld(changed)
  throw new Error(`that would change ${changed}, which the file sets already`)
}

type Values = Readonly<Record<string, string | undefined>>

function changedName(after: Values, meant: Values): string | undefined {
  return Object.keys({ ...after, ...meant }).find((name) => after[name] !== meant[name])
}

/** A variable, or a line without one. */
interface Entry {
  /** Empty for a line without a variable. */
  name: string
  /** Several lines if its value is quoted and holds line breaks. */
  text: string
  /** Where it begins, from 1. */
  line: number
  /** The quote with which its value begins, if nothing closes it. */
  openQuote: string | null
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=[^\S\n]*(["'`])?/

function entriesOf(text: string): Entry[] {
  const lines = text.split('\n')
  const entries: Entry[] = []
  let at = 0
  while (at < lines.length) {
    const first = lines[at] ?? ''
    const [upToQuote = '', name = '', quote] = assignment.exec(first) ?? []
    const length =
      quote === undefined ? 1 : linesUntil(quote, first.slice(upToQuote.length), lines.slice(at + 1))
    const openQuote = length === null ? (quote ?? null) : null
    entries.push({ name, text: lines.slice(at, at + (length ?? 1)).join('\n'), line: at + 1, openQuote })
    at += length ?? 1
  }
  return entries
}

/** @returns how many lines a quoted value takes; null if nothing closes the quote */
function linesUntil(quote: string, rest: string, following: readonly string[]): number | null {
  const index = [rest, ...following].findIndex((line) => line.includes(quote))
  return index === -1 ? null : index + 1
}

const notHeld = (name: string) => new Error(`the value of ${name} cannot be written into a .env file`)

/** Plain characters need no quotes. Any other value gets those that it does not contain. */
function quoted(name: string, value: string): string {
  if (/^[\w./:@+-]+$/.test(value)) return value
  const quote = ["'", '`', '"'].find((each) => !value.includes(each))
  if (quote === undefined) throw notHeld(name)
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
