import type { DestinationConfig } from '../config/schema.ts'
import { createBigQueryDestination } from './bigquery/bigquery-destination.ts'
import type { CallPacer } from './call-pacer.ts'
import type { Destination } from './destination.ts'
import { createDuckDbDestination } from './duckdb/duckdb-destination.ts'
import { createHubSpotDestination } from './hubspot/hubspot-destination.ts'

export interface DestinationDeps {
  pacer: CallPacer
}

/** The destination that an entry of the config file stands for; it connects when it is first used. */
export function createDestination(
  name: string,
  config: DestinationConfig,
  deps: DestinationDeps,
): Destination {
  switch (config.type) {
    case 'duckdb':
      return createDuckDbDestination({ name, path: config.path })
    case 'bigquery':
      return createBigQueryDestination({ name, config })
    case 'hubspot':
      return createHubSpotDestination({ name, config, pacer: deps.pacer })
  }
}
