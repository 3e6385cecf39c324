import type { z } from 'zod'
import { configInMemory, openConfigFile } from '../config/config-file.ts'
import { readConfig } from '../config/load-config.ts'
import type { Environment } from '../config/references.ts'
import type { configSchema } from '../config/schema.ts'
import type { DefinedVendor } from '../destinations/define-vendor.ts'
import type { GivenSettings } from '../destinations/vendor.ts'
import { bringVendor } from '../destinations/vendors.ts'
import type { Connector } from './run-connector.ts'

/** The content of a config file, as a program may write it. */
export interface GivenConfig extends Omit<z.input<typeof configSchema>, 'destinations'> {
  destinations: Record<string, GivenSettings>
}

export interface ConnectorOptions {
  /** The path of a config file, or its content. */
  config: string | GivenConfig
  /** Where relative paths start if `config` is not a path. Default: the working directory. */
  folder?: string
  /** The variables that replace `${NAME}` in the config. Default: the environment of the process. */
  environment?: Environment
  /** Destination types that are not part of qrsync, for this process. */
  vendors?: readonly DefinedVendor[]
  /** Called with progress messages for people. */
  onProgress?: (text: string) => void
}

/** Temporal's SDK has one runtime per process, which gets its log and metrics from a single connector. */
let isRunning = false

/**
 * Starts a connector like `qrsync up`: it creates what destinations and Temporal need, runs a worker, and syncs
 * by the schedule. The process handles its own signals: call `stop` before it ends.
 *
 * @throws ConnectorError about the config, the API's key, Temporal, or all destinations
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
    // A program that only defines a vendor loads neither Temporal's SDK nor a database.
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
