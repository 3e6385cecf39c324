import type { HubSpotConfig } from '../../config/destinations.ts'
import type { CallPacer } from '../call-pacer.ts'
import type { Destination } from '../destination.ts'

export function createHubSpotDestination(_options: {
  name: string
  config: HubSpotConfig
  pacer: CallPacer
}): Destination<'scans' | 'code_summaries' | 'link_summaries'> {
  throw new Error('being written')
}
