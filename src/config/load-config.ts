import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml'
import type { z } from 'zod'
import { ConnectorError } from '../model/connector-error.ts'
import { configSchema, type Config, type DestinationConfig, type LedgerPlace } from './schema.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a config file, with `${NAME}` in its values replaced from the environment and paths made absolute.
 *
 * @throws ConnectorError CONFIG_INVALID naming file, line and path of everything that is wrong
 */
export function loadConfig(path: string, environment: Environment): Config {
  const file = new ConfigFile(path)
  const raw = file.substitute(environment)
  const parsed = configSchema.safeParse(raw, { reportInput: true })
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => file.describe(issue)).join('\n'))
  return withAbsolutePaths(parsed.data, dirname(resolve(path)))
}

class ConfigFile {
  readonly #path: string
  readonly #document: Document
  readonly #lines = new LineCounter()
  /** Values that came from the environment, and so may be secret. */
  readonly #substituted = new Set<unknown>()

  constructor(path: string) {
    this.#path = path
    const options = { lineCounter: this.#lines, prettyErrors: false, logLevel: 'error' } as const
    this.#document = parseDocument(readText(path), options)
    const [error] = this.#document.errors
    if (error) throw invalid(`${this.#place(error.pos[0])}: ${error.message}`)
  }

  substitute(environment: Environment): unknown {
    visit(this.#document, {
      Scalar: (key, node) => {
        if (typeof node.value !== 'string' || key === 'key') return
        const written = node.value
        node.value = written.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, variable: string) => {
          const value = environment[variable]
          if (value !== undefined && value !== '') return value
          throw invalid(`${this.#place(node.range?.[0])}: the environment variable ${variable} is not set.`)
        })
        if (node.value !== written) this.#substituted.add(node.value)
      },
    })
    try {
      return this.#document.toJS()
    } catch (error) {
      // Aliases and merges are only looked at here, and their errors know no place.
      throw invalid(`${this.#path}: ${reasonOf(error)}`)
    }
  }

  /** A line for each thing that is wrong: where, what is allowed, and (never for a key) what was found. */
  describe(issue: z.core.$ZodIssue): string {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => this.#line([...issue.path, key], 'there is no such setting')).join('\n')
    if (issue.code === 'invalid_key')
      return this.#line(issue.path, `the name must be ${issue.issues[0]?.message ?? 'another'}`)
    const isMissing = issue.code === 'invalid_type' && issue.input === undefined
    return this.#line(issue.path, `${isMissing ? 'is missing' : issue.message}${this.#found(issue)}`)
  }

  #line(path: readonly PropertyKey[], text: string): string {
    return `${this.#place(this.#offsetOf(path))}: ${path.join('.') || 'the file'}: ${text}`
  }

  #found({ input, path }: z.core.$ZodIssue): string {
    if (typeof input !== 'string' || isSecret(path) || mayHoldPassword.test(input)) return ''
    if (this.#substituted.has(input)) return ' (found something else in the environment)'
    return ` (found "${input.length > 80 ? `${input.slice(0, 80)}…` : input}")`
  }

  /** Of the deepest node on the path that is there: a missing one is best shown by its parent. */
  #offsetOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const parent =
        length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, length - 1), true)
      const item = isSeq(parent) ? parent.items[Number(path[length - 1])] : undefined
      if (isNode(item) && item.range) return item.range[0]
      if (!isMap(parent)) continue
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === path[length - 1])
      if (pair && isScalar(pair.key)) return pair.key.range?.[0] ?? 0
    }
    return 0
  }

  #place(offset = 0): string {
    return `${this.#path}:${this.#lines.linePos(offset).line || 1}`
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalid(`The config file ${path} cannot be read: ${reasonOf(error)}. Name another with --config.`)
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** A key that stands in the wrong place is not shown there either. */
function invalid(message: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message.replaceAll(/qrs_\w+/gi, 'qrs_…'), { retry: 'never' })
}

const isSecret = (path: readonly PropertyKey[]) => ['key', 'token', 'webhook'].includes(String(path.at(-1)))

/** A URL of a database, or any with a user. */
const mayHoldPassword = /^postgres|:\/\/.*@/is

type ConfigFileContent = z.output<typeof configSchema>

function withAbsolutePaths(config: ConfigFileContent, folder: string): Config {
  return {
    ...config,
    ledger: placeOf(config.ledger, folder),
    destinations: Object.fromEntries(
      Object.entries(config.destinations).map(([name, destination]) => [
        name,
        withAbsolutePath(destination, folder),
      ]),
    ),
  }
}

function withAbsolutePath(destination: DestinationConfig, folder: string): DestinationConfig {
  if (destination.type === 'duckdb') return { ...destination, path: resolve(folder, destination.path) }
  if (destination.type === 'bigquery' && destination.key_file !== undefined)
    return { ...destination, key_file: resolve(folder, destination.key_file) }
  return destination
}

function placeOf({ path, url }: ConfigFileContent['ledger'], folder: string): LedgerPlace {
  if (url !== undefined) return { location: url, folder: resolve(folder, '.qrsync') }
  const location = resolve(folder, path ?? '')
  return { location, folder: dirname(location) }
}
