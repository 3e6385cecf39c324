import type { DestinationConfig } from '../config/schema.ts'
import type { Destination } from './destination.ts'
import { createDuckDbDestination } from './duckdb/duckdb-destination.ts'

/** The destination that an entry of the config file stands for; opened when it is first used. */
export function createDestination(name: string, config: DestinationConfig): Destination {
  return createDuckDbDestination({ name, path: config.path })
}
