import { readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ConnectorError } from '../model/connector-error.ts'
import { reasonOf } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import { loadConfig, type ReadOptions } from './load-config.ts'
import type { Environment } from './references.ts'
import type { Config } from './schema.ts'

/** The connectors of one worker. */
export interface Served {
  /** Names the worker in Temporal: the connector, or the folder of the config files. */
  name: string
  configs: [Config, ...Config[]]
  /** The file of each; empty if they were not read from files. */
  files: readonly string[]
}

/**
 * Reads a config file, or every `*.yaml` of a folder: one connector each, ordered by file name.
 *
 * @throws ConnectorError CONFIG_INVALID that names every mistake in any of them
 */
export function loadConfigs(path: string, environment: Environment, options: ReadOptions = {}): Served {
  if (!isFolder(path)) {
    const config = loadConfig(path, environment, options)
    return { name: config.connector, configs: [config], files: [path] }
  }
  const failures: string[] = []
  const loaded: { config: Config; file: string }[] = []
  for (const file of filesIn(path)) {
    try {
      const config = loadConfig(file, environment, options)
      failures.push(...clashes(config, file, loaded))
      loaded.push({ config, file })
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      failures.push(error.message)
    }
  }
  if (failures.length > 0) throw configInvalid(failures.join('\n'))
  const [first, ...rest] = loaded.map(({ config }) => config)
  if (first === undefined) {
    throw configInvalid(
      `The folder ${path} has no config file: qrsync reads one connector from every *.yaml in it.`,
    )
  }
  const files = loaded.map(({ file }) => file)
  return { name: basename(resolve(path)), configs: [first, ...rest], files }
}

/** Returns why a worker cannot serve a connector together with the others. */
function clashes(
  config: Config,
  file: string,
  loaded: readonly { config: Config; file: string }[],
): string[] {
  const namesake = loaded.find((other) => other.config.connector === config.connector)
  const [first] = loaded
  const reasons: string[] = []
  if (namesake !== undefined) {
    reasons.push(
      `${file}: connector: ${namesake.file} already has the name ${config.connector}; each connector needs its own`,
    )
  }
  if (first !== undefined && !isDeepStrictEqual(first.config.temporal, config.temporal)) {
    reasons.push(`${file}: temporal: differs from that of ${first.file}; a folder has one Temporal server`)
  }
  return reasons
}

/**
 * Returns the config files that a path names: the file itself, or those of a folder.
 *
 * @throws ConnectorError CONFIG_INVALID for a folder that cannot be read
 */
export const configFilesOf = (path: string): string[] => (isFolder(path) ? filesIn(path) : [path])

/** A missing path is not a folder: reading it as a file reports the error. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    throw configInvalid(`The folder ${folder} cannot be read: ${reasonOf(error)}.`)
  }
}
