import type { Config } from '../config/schema.ts'
import type { CallPacer } from '../destinations/call-pacer.ts'
import type { Destination } from '../destinations/destination.ts'
import type { VendorDeps } from '../destinations/vendor.ts'
import { vendorOf } from '../destinations/vendors.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import { takeVendorCall } from '../ledger/calls/vendor-calls.ts'

/**
 * Opens the destinations of a config file, by name. The ledger counts the calls to vendors, for all of its
 * workers. Loads the code of the vendors; code that only needs the accepted streams uses `Vendor.takes`.
 *
 * @param options as in {@link VendorDeps}
 */
export async function openDestinations(
  { destinations }: Pick<Config, 'destinations'>,
  ledger: Ledger,
  options: Pick<VendorDeps, 'dispatcher' | 'onlyReads'> = {},
): Promise<Map<string, Destination>> {
  const deps = { ...options, pacer: ledgerPacer(ledger, await openLedgerClock(ledger)) }
  const opened = new Map<string, Destination>()
  for (const [name, settings] of Object.entries(destinations)) {
    opened.set(name, await vendorOf(settings).open(name, settings, deps))
  }
  return opened
}

/** Counts a vendor's calls in the ledger, by the clock that all of its workers share. */
export function ledgerPacer(ledger: Ledger, now: () => number): CallPacer {
  return { take: (account, windows) => takeVendorCall(ledger, account, windows, now()) }
}
