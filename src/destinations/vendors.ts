import type { z } from 'zod'
import { bigquery } from './bigquery/vendor.ts'
import { duckdb } from './duckdb/vendor.ts'
import { hubspot } from './hubspot/vendor.ts'
import { postgres } from './postgres/vendor.ts'
import type { Takes } from './destination.ts'
import type { DefinedVendor } from './define-vendor.ts'
import type { Vendor } from './vendor.ts'

/** Where rows can go: in this order in the menu of `init` and in the documentation. */
export const vendors = [duckdb, bigquery, postgres, hubspot] as const

/** An entry of `destinations`, as the config file's schema has read it. */
export type DestinationSettings = z.output<(typeof vendors)[number]['settings']>

/** Vendors of other packages, by type. Like the modules that they are, they are loaded once for a process, and stay. */
const brought = new Map<string, Vendor<{ type: string }>>()

/** Makes a vendor of another package, or of a program, known; one of the same type before it is forgotten. */
export function bringVendor({ vendor }: DefinedVendor): void {
  if (vendors.some(({ type }) => type === vendor.type)) throw new Error(`qrsync has a vendor ${vendor.type}`)
  brought.set(vendor.type, vendor)
}

/** Those that are not qrsync's own. */
export const broughtVendors = () => [...brought.values()]

/** The vendor that an entry of `destinations` names. */
export function vendorOf({ type }: DestinationSettings): Vendor<DestinationSettings> {
  const vendor = vendors.find((each) => each.type === type) ?? brought.get(type)
  if (vendor === undefined) throw new Error(`there is no vendor ${type}`)
  // The schema has read these settings by the same `type`, so they are this vendor's: TypeScript cannot know it.
  return vendor as unknown as Vendor<DestinationSettings>
}

/** What each destination of a config file takes, by name. Loads no code of theirs. */
export function takesOfEach(destinations: Readonly<Record<string, DestinationSettings>>): Map<string, Takes> {
  return new Map(
    Object.entries(destinations).map(([name, settings]) => [name, vendorOf(settings).takes(settings)]),
  )
}
