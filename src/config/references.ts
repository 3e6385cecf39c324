import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isPair, isScalar, visit } from 'yaml'
import { reasonOf, type ConfigFile } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import { nearest } from './nearest.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)|file:([^}]+))\}/g

/** The source of each value that is not written in the file, and so may be secret. */
export type Origins = ReadonlyMap<unknown, string>

/**
 * Replaces references in the file's values: `${NAME}` by the environment, `${file:PATH}` by the text of a file
 * without its last line break. An empty value is a missing one. A replaced value is not searched for references again.
 *
 * @param standInFor returns the value for a setting whose reference cannot be resolved; null if the setting is
 *   required
 * @throws ConnectorError CONFIG_INVALID that names every reference that cannot be resolved
 */
export function resolveReferences(
  file: ConfigFile,
  environment: Environment,
  standInFor: (path: readonly unknown[]) => string | null = () => null,
): Origins {
  const origins = new Map<unknown, string>()
  const failures: string[] = []
  const used = variablesOf(file)
  visit(file.document, {
    Scalar: (key, node, ancestors) => {
      if (typeof node.value !== 'string' || key === 'key') return
      const written = node.value
      const missing: string[] = []
      node.value = written.replaceAll(
        reference,
        (_all, variable: string | undefined, path: string | undefined) => {
          const found =
            variable === undefined
              ? contentOf(path ?? '', dirname(resolve(file.path)))
              : valueOf(variable, environment, used)
          if ('failure' in found) missing.push(`${file.placeOf(node.range?.[0])}: ${found.failure}`)
          return 'failure' in found ? '' : found.text
        },
      )
      const standIn = missing.length === 0 ? null : standInFor(pathOf(ancestors))
      if (standIn === null) failures.push(...missing)
      else node.value = standIn
      if (node.value !== written) {
        origins.set(node.value, written.includes('${file:') ? 'that file' : 'the environment')
      }
    },
  })
  if (failures.length > 0) throw configInvalid(failures.join('\n'))
  return origins
}

/** Returns the files that the text of a config file refers to, as they are written there. */
export const fileReferences = (text: string): string[] =>
  [...text.matchAll(reference)].flatMap(([, , path]) => (path === undefined ? [] : [path]))

/** Returns the values that a file refers to and that exist, even if the file is no valid config. */
export function valuesReferredTo(path: string, environment: Environment): string[] {
  return [...readFileSync(path, 'utf8').matchAll(reference)].flatMap(([, variable, file]) => {
    const found =
      variable === undefined
        ? contentOf(file ?? '', dirname(resolve(path)))
        : { text: environment[variable] ?? '' }
    return 'text' in found ? [found.text] : []
  })
}

/** Returns the environment variables that a file refers to. */
function variablesOf({ document }: ConfigFile): Set<string> {
  const used = new Set<string>()
  visit(document, {
    Scalar: (_key, { value }) => {
      if (typeof value !== 'string') return
      for (const [, variable] of value.matchAll(reference)) if (variable !== undefined) used.add(variable)
    },
  })
  return used
}

/** Returns the names of the settings around a value, such as `source`, `key`. */
function pathOf(ancestors: readonly unknown[]): unknown[] {
  return ancestors.flatMap((node) => (isPair(node) && isScalar(node.key) ? [node.key.value] : []))
}

type Found = { text: string } | { failure: string }

function valueOf(variable: string, environment: Environment, used: ReadonlySet<string>): Found {
  const text = environment[variable]
  if (text !== undefined && text !== '') {
    return isBlank(text) ? { failure: `the environment variable ${variable} has only spaces.` } : { text }
  }
  // The shell's own `_` is similar to every short name, and a variable that the file uses already was meant for
  // something else.
  const candidates = Object.keys(environment).filter(
    (name) => Boolean(environment[name]) && name !== '_' && !used.has(name),
  )
  const near = nearest(variable, candidates)
  const advice = near === null ? '' : ` Did you mean ${near}, which is set?`
  return { failure: `the environment variable ${variable} is not set.${advice}` }
}

function contentOf(path: string, folder: string): Found {
  try {
    const text = readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '')
    return isBlank(text) ? { failure: `the file ${path} is empty.` } : { text }
  } catch (error) {
    return { failure: `the file ${path} cannot be read: ${reasonOf(error)}.` }
  }
}

/** No setting has such a value: what should have written it has failed. */
const isBlank = (text: string) => text.trim() === ''
