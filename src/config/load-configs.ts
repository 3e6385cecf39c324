import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConnectorError } from '../model/connector-error.ts'
import { reasonOf } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import { loadConfig } from './load-config.ts'
import type { Environment } from './references.ts'
import type { Config } from './schema.ts'

/**
 * Reads a config file, or every `*.yaml` of a folder: a connector each, in the order of the files' names.
 *
 * @throws ConnectorError CONFIG_INVALID naming everything that is wrong in any of them
 */
export function loadConfigs(path: string, environment: Environment): Config[] {
  if (!isFolder(path)) return [loadConfig(path, environment)]
  const files = filesIn(path)
  if (files.length === 0)
    throw configInvalid(
      `The folder ${path} has no config file: it takes a connector from every *.yaml in it.`,
    )
  const failures: string[] = []
  const configs = new Map<string, { config: Config; file: string }>()
  for (const file of files)
    try {
      const config = loadConfig(file, environment)
      const taken = configs.get(config.connector)
      if (taken === undefined) configs.set(config.connector, { config, file })
      else
        failures.push(
          `${file}: connector: ${taken.file} has the name ${config.connector} already; each connector needs its own`,
        )
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      failures.push(error.message)
    }
  if (failures.length > 0) throw configInvalid(failures.join('\n'))
  return [...configs.values()].map(({ config }) => config)
}

/** What is not there is no folder: as a file it has its error. */
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
