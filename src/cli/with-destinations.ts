import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'
import type { Destination } from '../destinations/destination.ts'
import { openLedgerToLook } from '../ledger/base/open-ledger.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { openDestinations } from '../worker/open-destinations.ts'
import { NoAnswer } from './run-to-exit.ts'

export interface ConfiguredDestinations {
  config: Config
  ledger: Ledger
  destinations: Map<string, Destination>
}

/**
 * For commands that connect to destinations themselves, whether `up` runs or not. They create no ledger: if
 * there is none, they use an empty one in memory.
 */
export async function withDestinations(
  configFile: string,
  only: string | undefined,
  work: (parts: ConfiguredDestinations) => Promise<void>,
): Promise<void> {
  const config = loadConfig(configFile, process.env)
  if (only !== undefined) mustHave(config, only)
  const ledger = await openLedgerToLook(config.ledger.location)
  const destinations = await openDestinations(only === undefined ? config : onlyOf(config, only), ledger)
  try {
    await work({ config, ledger, destinations })
  } finally {
    for (const destination of destinations.values()) await destination.close()
    await ledger.destroy()
  }
}

function onlyOf({ destinations }: Config, name: string): Pick<Config, 'destinations'> {
  const settings = destinations[name]
  return { destinations: settings === undefined ? {} : { [name]: settings } }
}

/** @throws NoAnswer that names the existing ones */
export function mustHave({ destinations }: Config, name: string): void {
  if (Object.hasOwn(destinations, name)) return
  throw new NoAnswer(
    `The config file has no destination ${name}. It has: ${Object.keys(destinations).join(', ')}.`,
  )
}
