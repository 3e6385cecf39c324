import type { Config } from '../config/schema.ts'
import type { Destination } from '../destinations/destination.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { createDestinations } from '../worker/create-destinations.ts'

/** A destination of the config file, as far as it can be told without asking it. */
export interface KnownDestination extends Pick<Destination, 'streams' | 'gatherMs' | 'links'> {
  name: string
  type: string
}

export function knownDestinations(config: Config, ledger: Ledger): KnownDestination[] {
  return [...createDestinations(config, ledger)].map(([name, { streams, gatherMs, links }]) => ({
    name,
    type: config.destinations[name]?.type ?? '',
    streams,
    gatherMs,
    ...(links !== undefined && { links }),
  }))
}
