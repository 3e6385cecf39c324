import { destinationSchema, withAbsolutePaths } from '../../config/destinations.ts'
import type { CallPacer } from '../../destinations/call-pacer.ts'
import type { CheckReport } from '../../destinations/destination.ts'
import type { GivenSettings } from '../../destinations/vendor.ts'
import { vendorOf } from '../../destinations/vendors.ts'

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
  given: GivenSettings,
  folder: string,
): Promise<CheckReport> {
  const settings = withAbsolutePaths(destinationSchema.parse(given), folder)
  const destination = await vendorOf(settings).open(name, settings, { pacer })
  try {
    return await destination.check()
  } finally {
    await destination.close()
  }
}
