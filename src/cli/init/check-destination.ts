import { destinationSchema, withAbsolutePaths } from '../../config/destinations.ts'
import type { CallPacer } from '../../destinations/call-pacer.ts'
import type { CheckReport } from '../../destinations/destination.ts'
import type { GivenSettings } from '../../destinations/vendor.ts'
import { vendorOf } from '../../destinations/vendors.ts'

/** Without limits: there is no ledger yet to count a vendor's calls, and a check makes only a few. */
const pacer: CallPacer = { take: () => Promise.resolve(0) }

/**
 * Returns which account a destination uses, and what qrsync may do there.
 *
 * @param folder of the config file, where its relative paths start
 * @throws ConnectorError if it cannot be reached
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
