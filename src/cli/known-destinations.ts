import type { Config } from '../config/schema.ts'
import type { Takes } from '../destinations/destination.ts'
import { takesOfEach } from '../destinations/vendors.ts'

/** A destination of the config file, with what is known without opening it. */
export interface KnownDestination extends Takes {
  name: string
  type: string
}

export function knownDestinations({ destinations }: Pick<Config, 'destinations'>): KnownDestination[] {
  return [...takesOfEach(destinations)].map(([name, takes]) => ({
    name,
    type: destinations[name]?.type ?? '',
    ...takes,
  }))
}
