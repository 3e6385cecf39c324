import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isPair, isScalar, visit } from 'yaml'
import { reasonOf, type ConfigFile } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import { nearest } from './nearest.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)|file:([^}]+))\}/g

/** Where a value came from that does not stand in the file, and so may be secret. */
export type Origins = ReadonlyMap<unknown, string>

/**
 * Puts into the file's values what they refer to: `${NAME}` the environment, `${file:PATH}` the text of a file, whose last
 * line break is no part of a secret. What has been put in is not looked at again.
 *
 * @param standInFor names what takes the place of a setting that refers to nothing; null where it has to be there
 * @throws ConnectorError CONFIG_INVALID naming every reference to nothing
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

/** The files that the text of a config file refers to, as they are written there. */
export const fileReferences = (text: string): string[] =>
  [...text.matchAll(reference)].flatMap(([, , path]) => (path === undefined ? [] : [path]))

/** The environment variables that a file refers to. */
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

/** Names of the settings that a value is in, such as `source`, `key`. */
function pathOf(ancestors: readonly unknown[]): unknown[] {
  return ancestors.flatMap((node) => (isPair(node) && isScalar(node.key) ? [node.key.value] : []))
}

type Found = { text: string } | { failure: string }

function valueOf(variable: string, environment: Environment, used: ReadonlySet<string>): Found {
  const text = environment[variable]
  if (text !== undefined && text !== '') return { text }
  // The shell's own `_` is near every short name, and a variable that the file uses already is meant for something else.
  const candidates = Object.keys(environment).filter(
    (name) => Boolean(environment[name]) && name !== '_' && !used.has(name),
  )
  const near = nearest(variable, candidates)
  const advice = near === null ? '' : ` Did you mean ${near}, which is set?`
  return { failure: `the environment variable ${variable} is not set.${advice}` }
}

function contentOf(path: string, folder: string): Found {
  try {
    return { text: readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    return { failure: `the file ${path} cannot be read: ${reasonOf(error)}.` }
  }
}
