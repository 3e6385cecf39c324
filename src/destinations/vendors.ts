import type { z } from 'zod'
import { bigquery } from './bigquery/vendor.ts'
import { duckdb } from './duckdb/vendor.ts'
import { hubspot } from './hubspot/vendor.ts'
import { postgres } from './postgres/vendor.ts'
import type { Takes } from './destination.ts'
import type { Vendor } from './vendor.ts'

/** Where rows can go: in this order in the menu of `init` and in the documentation. */
export const vendors = [duckdb, bigquery, postgres, hubspot] as const

/** An entry of `destinations`, as the config file's schema has read it. */
export type DestinationSettings = z.output<(typeof vendors)[number]['settings']>

/** The vendor that an entry of `destinations` names. */
export function vendorOf({ type }: DestinationSettings): Vendor<DestinationSettings> {
  const vendor = vendors.find((each) => each.type === type)
  if (vendor === undefined) throw new Error(`there is no vendor ${type}`)
  // The schema has read these settings by the same `type`, so they are this vendor's: TypeScript cannot know it.
  return vendor as Vendor<DestinationSettings>
}

/** What each destination of a config file takes, by name. Loads no code of theirs. */
export function takesOfEach(destinations: Readonly<Record<string, DestinationSettings>>): Map<string, Takes> {
  return new Map(
    Object.entries(destinations).map(([name, settings]) => [name, vendorOf(settings).takes(settings)]),
  )
}
