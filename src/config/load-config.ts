import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import type { z } from 'zod'
import { ConnectorError } from '../model/connector-error.ts'
import { configSchema, type Config } from './schema.ts'

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

  constructor(path: string) {
    this.#path = path
    this.#document = parseDocument(readText(path), { lineCounter: this.#lines, prettyErrors: false })
    const [error] = this.#document.errors
    if (error) throw invalid(`${this.#place(error.pos[0])}: ${error.message}`)
  }

  substitute(environment: Environment): unknown {
    visit(this.#document, {
      Scalar: (_key, node) => {
        if (typeof node.value !== 'string') return
        node.value = node.value.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, variable: string) => {
          const value = environment[variable]
          if (value !== undefined && value !== '') return value
          throw invalid(`${this.#place(node.range?.[0])}: the environment variable ${variable} is not set.`)
        })
      },
    })
    return this.#document.toJS()
  }

  /** One line: where, what is allowed, and (never for a key) what was found. */
  describe(issue: z.core.$ZodIssue): string {
    const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
    const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey]
    const found = typeof issue.input === 'string' && path.at(-1) !== 'key' ? ` (found "${issue.input}")` : ''
    return `${this.#place(this.#offsetOf(path))}: ${path.join('.') || 'the file'}: ${issue.message}${found}`
  }

  /** Of the deepest node on the path that is there: a missing one is best shown by its parent. */
  #offsetOf(path: readonly PropertyKey[]): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const parent = length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, length - 1), true)
      if (!isMap(parent)) continue
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1])
      if (pair && isScalar(pair.key)) return pair.key.range?.[0]
    }
    return undefined
  }

  #place(offset: number | undefined): string {
    return offset === undefined ? this.#path : `${this.#path}:${this.#lines.linePos(offset).line}`
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid(`The config file cannot be read: ${reason}. Name another with --config.`)
  }
}

function invalid(message: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message, { retry: 'never' })
}

function withAbsolutePaths(config: Config, folder: string): Config {
  return {
    ...config,
    ledger: { path: resolve(folder, config.ledger.path) },
    destinations: Object.fromEntries(
      Object.entries(config.destinations).map(([name, destination]) => [
        name,
        { ...destination, path: resolve(folder, destination.path) },
      ]),
    ),
  }
}
