import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { visit } from 'yaml'
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
 * @throws ConnectorError CONFIG_INVALID naming every reference to nothing
 */
export function resolveReferences(file: ConfigFile, environment: Environment): Origins {
  const origins = new Map<unknown, string>()
  const failures: string[] = []
  visit(file.document, {
    Scalar: (key, node) => {
      if (typeof node.value !== 'string' || key === 'key') return
      const written = node.value
      node.value = written.replaceAll(
        reference,
        (_all, variable: string | undefined, path: string | undefined) => {
          const found =
            variable === undefined
              ? contentOf(path ?? '', dirname(resolve(file.path)))
              : valueOf(variable, environment)
          if ('failure' in found) failures.push(`${file.placeOf(node.range?.[0])}: ${found.failure}`)
          return 'failure' in found ? '' : found.text
        },
      )
      if (node.value !== written) {
        origins.set(node.value, written.includes('${file:') ? 'that file' : 'the environment')
      }
    },
  })
  if (failures.length > 0) throw configInvalid(failures.join('\n'))
  return origins
}

type Found = { text: string } | { failure: string }

function valueOf(variable: string, environment: Environment): Found {
  const text = environment[variable]
  if (text !== undefined && text !== '') return { text }
  const near = nearest(
    variable,
    Object.keys(environment).filter((name) => Boolean(environment[name])),
  )
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
