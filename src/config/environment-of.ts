import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { reasonOf } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import type { Environment } from './references.ts'

/** The file beside a config file that may hold variables for it. */
export const dotEnvOf = (configPath: string) => join(dirname(configPath), '.env')

/**
 * What `${NAME}` in a config file stands for: the environment, and for what that does not set, the file `.env` beside the config
 * file. Read anew each time, so that a key that was changed there is found.
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
