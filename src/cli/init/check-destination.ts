import { resolve } from 'node:path'
import { destinationSchema } from '../../config/destinations.ts'
import type { CallPacer } from '../../destinations/call-pacer.ts'
import type { CheckReport } from '../../destinations/destination.ts'
import { createDestination } from '../../destinations/registry.ts'
import type { DestinationAnswer } from './answers.ts'

/** There is no ledger yet to count a vendor's calls in, and a check makes a handful. */
const pacer: CallPacer = { take: () => Promise.resolve(0) }

/**
 * Who we are at a destination, and what we may do there.
 *
 * @param folder of the config file, where its relative paths start
 * @throws ConnectorError where it cannot be asked
 */
export async function checkDestination(
  name: string,
  { settings }: DestinationAnswer,
  folder: string,
): Promise<CheckReport> {
  const config = destinationSchema.parse(settings)
  if (config.type === 'duckdb') config.path = resolve(folder, config.path)
  if (config.type === 'bigquery' && config.key_file !== undefined) {
    config.key_file = resolve(folder, config.key_file)
  }
  const destination = createDestination(name, config, { pacer })
  try {
    return await destination.check()
  } finally {
    await destination.close()
  }
}
