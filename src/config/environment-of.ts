import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { reasonOf } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import type { Environment } from './references.ts'

/** The file next to a config file that may contain variables for it. */
export const dotEnvOf = (configPath: string) => join(dirname(configPath), '.env')

/**
 * Returns the variables that replace `${NAME}` in a config file: the environment and, for what it does not set,
 * the file `.env` next to the config file. Reads the file each time, so that a changed key is found.
 *
 * @throws ConnectorError CONFIG_INVALID for a `.env` that cannot be read
 */
export function environmentOf(configPath: string, environment: Environment): Environment {
  const path = dotEnvOf(configPath)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return environment
    throw configInvalid(`The file ${path} cannot be read: ${reasonOf(error)}.`)
  }
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  return { ...parseEnv(text), ...Object.fromEntries(set) }
}
