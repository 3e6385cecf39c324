import type { BigQueryConfig } from '../../config/destinations.ts'
import type { StreamName } from '../../model/stream.ts'
import type { Destination } from '../destination.ts'

export function createBigQueryDestination(_options: {
  name: string
  config: BigQueryConfig
}): Destination<StreamName> {
  throw new Error('being written')
}
