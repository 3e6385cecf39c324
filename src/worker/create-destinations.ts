import type { Dispatcher } from 'undici'
import type { Config } from '../config/schema.ts'
import type { CallPacer } from '../destinations/call-pacer.ts'
import type { Destination } from '../destinations/destination.ts'
import { createDestination } from '../destinations/registry.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { takeVendorCall } from '../ledger/calls/vendor-calls.ts'

/**
 * The destinations of a config file, by name; vendors' limits are counted in the ledger, for all of its workers.
 *
 * @param dispatcher sends requests to vendors in place of connections of its own
 */
export function createDestinations(
  { destinations }: Pick<Config, 'destinations'>,
  ledger: Ledger,
  dispatcher?: Dispatcher,
): Map<string, Destination> {
  const pacer: CallPacer = {
    take: (account, windows) => takeVendorCall(ledger, account, windows, Date.now()),
  }
  return new Map(
    Object.entries(destinations).map(([name, entry]) => [
      name,
      createDestination(name, entry, { pacer, dispatcher }),
    ]),
  )
}
