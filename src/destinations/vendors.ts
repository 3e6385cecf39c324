import type { z } from 'zod'
import { bigquery } from './bigquery/vendor.ts'
import { duckdb } from './duckdb/vendor.ts'
import { hubspot } from './hubspot/vendor.ts'
import { postgres } from './postgres/vendor.ts'
import type { Takes } from './destination.ts'
import type { DefinedVendor } from './define-vendor.ts'
import type { Vendor } from './vendor.ts'

/** The list of vendors. The menu of `init` and the documentation have the same order. */
export const vendors = [duckdb, bigquery, postgres, hubspot] as const

/** An entry of `destinations`, as parsed by the config file's schema. */
export type DestinationSettings = z.output<(typeof vendors)[number]['settings']>

/** Vendors of other packages, by type. Like their modules, they are loaded once per process, and stay. */
const brought = new Map<string, Vendor<{ type: string }>>()

/** Adds a vendor of another package, or of a program, and replaces an earlier one with the same type. */
export function bringVendor({ vendor }: DefinedVendor): void {
  if (vendors.some(({ type }) => type === vendor.type)) throw new Error(`qrsync has a vendor ${vendor.type}`)
  brought.set(vendor.type, vendor)
}

/** Vendors that are not part of qrsync. */
export const broughtVendors = () => [...brought.values()]

/** Returns the vendor that an entry of `destinations` names. */
export function vendorOf({ type }: DestinationSettings): Vendor<DestinationSettings> {
  const vendor = vendors.find((each) => each.type === type) ?? brought.get(type)
  if (vendor === undefined) throw new Error(`there is no vendor ${type}`)
  // The schema has parsed these settings by the same `type`, so they are this vendor's. TypeScript cannot know
  // that.
  return vendor as unknown as Vendor<DestinationSettings>
}

/** Returns what each destination of a config file accepts, by name. Loads no code of the destinations. */
export function takesOfEach(destinations: Readonly<Record<string, DestinationSettings>>): Map<string, Takes> {
  return new Map(
    Object.entries(destinations).map(([name, settings]) => [name, vendorOf(settings).takes(settings)]),
  )
}
