import type { Dispatcher } from 'undici'
import type { DestinationConfig } from '../config/schema.ts'
import { createBigQueryDestination } from './bigquery/bigquery-destination.ts'
import type { CallPacer } from './call-pacer.ts'
import type { Destination } from './destination.ts'
import { createDuckDbDestination } from './duckdb/duckdb-destination.ts'
import { createHubSpotDestination } from './hubspot/hubspot-destination.ts'

export interface DestinationDeps {
  pacer: CallPacer
  /** What sends requests to vendors that are asked by HTTP; connections to them where not given. */
  dispatcher?: Dispatcher | undefined
}

/** The destination that an entry of the config file stands for; it connects when it is first used. */
export function createDestination(
  name: string,
  config: DestinationConfig,
  { pacer, dispatcher }: DestinationDeps,
): Destination {
  switch (config.type) {
    case 'duckdb':
      return createDuckDbDestination({ name, path: config.path })
    case 'bigquery':
      return createBigQueryDestination({ name, config })
    case 'hubspot':
      return createHubSpotDestination({ name, config, pacer, dispatcher })
  }
}
