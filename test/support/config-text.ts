import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Environment } from '../../src/config/references.ts'
import type { Config } from '../../src/config/schema.ts'
import { ConnectorError } from '../../src/model/connector-error.ts'

export const apiKey = `qrs_${'0123456789abcdef'.repeat(4)}`

const aDuckDb = '{a: {type: duckdb, path: a.duckdb}}'

/** Config files of one connector, in a folder that is deleted on disposal. */
export interface ConfigText extends Disposable {
  folder: string
  /** Loads a valid file with these settings after it: they begin on line 4, and the destinations are on line 3. */
  load(settings: string, environment?: Environment, destinations?: string): Config
  /** The message about an invalid file, without the folder's name. */
  refusal(settings: string, environment?: Environment, destinations?: string): string
}

export function configText(): ConfigText {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-config-'))
  const file = join(folder, 'qrsync.yaml')
  const load: ConfigText['load'] = (settings, environment = {}, destinations = aDuckDb) => {
    const good = `connector: acme\nsource: {key: ${apiKey}}\ndestinations: ${destinations}\n`
    writeFileSync(file, good + settings)
    return loadConfig(file, environment)
  }
  return {
    folder,
    load,
    refusal: (...given) => refusalOf(() => load(...given)).replaceAll(`${folder}/`, ''),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

/** The message of a CONFIG_INVALID error. */
export function refusalOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (error instanceof ConnectorError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
  throw new Error('nothing was refused')
}
