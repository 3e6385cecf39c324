import type { z } from 'zod'
import { configInMemory, openConfigFile } from '../config/config-file.ts'
import { readConfig } from '../config/load-config.ts'
import type { Environment } from '../config/references.ts'
import type { configSchema } from '../config/schema.ts'
import type { DefinedVendor } from '../destinations/define-vendor.ts'
import type { GivenSettings } from '../destinations/vendor.ts'
import { bringVendor } from '../destinations/vendors.ts'
import type { Connector } from './run-connector.ts'

/** What a config file holds, as a program may write it. */
export interface GivenConfig extends Omit<z.input<typeof configSchema>, 'destinations'> {
  destinations: Record<string, GivenSettings>
}

export interface ConnectorOptions {
  /** The path of a config file, or what one would hold. */
  config: string | GivenConfig
  /** Where relative paths start if `config` is no file. Default: the working directory. */
  folder?: string
  /** What `${NAME}` in the config stands for. Default: the environment of the process. */
  environment?: Environment
  /** Kinds of destinations that qrsync does not have, for this process. */
  vendors?: readonly DefinedVendor[]
  /** Told what goes on, in sentences for people. */
  onProgress?: (text: string) => void
}

/** Temporal's SDK has one runtime for a process, which takes its log and metrics from the one connector. */
let isRunning = false

/**
 * Starts a connector as `qrsync up` does: it creates what destinations and Temporal need, runs a worker, and syncs by the
 * schedule. The process handles its own signals: call `stop` before it ends.
 *
 * @throws ConnectorError of what is wrong with the config, the API's key, Temporal, or all destinations
 * @throws Error while another one is running in this process
 */
export async function createConnector(options: ConnectorOptions): Promise<Connector> {
  const { config: given, folder = process.cwd(), environment = process.env, onProgress = ignore } = options
  for (const vendor of options.vendors ?? []) bringVendor(vendor)
  const file = typeof given === 'string' ? openConfigFile(given) : configInMemory(given, folder)
  const config = readConfig(file, environment)
  if (isRunning) {
    throw new Error('A connector is running in this process: stop it first, or start another process.')
  }
  isRunning = true
  try {
    // Whoever only defines a vendor loads neither Temporal's SDK nor a database.
    const { runConnector } = await import('./run-connector.ts')
    return await runConnector(config, onProgress, () => {
      isRunning = false
    })
  } catch (error) {
    isRunning = false
    throw error
  }
}

const ignore = () => undefined
