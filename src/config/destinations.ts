import { resolve } from 'node:path'
import { z } from 'zod'
import { broughtVendors, vendorOf, vendors, type DestinationSettings } from '../destinations/vendors.ts'
import { name } from './values/name.ts'

const [first, ...others] = vendors
type OtherSettings = (typeof others)[number]['settings']

/** One entry of `destinations`, for all vendors of qrsync. */
export const destinationSchema = entryOf([])
export const destinationsSettings = entriesOf(destinationSchema)

/** The same with the vendors of packages that have been loaded. */
export function destinationsWithBrought(): typeof destinationsSettings {
  // TypeScript need not know these types, because only their own code reads them.
  return entriesOf(entryOf(broughtVendors().map(({ settings }) => settings as unknown as OtherSettings)))
}

function entryOf(brought: readonly OtherSettings[]) {
  const settings = others.map((vendor) => vendor.settings)
  return z.discriminatedUnion('type', [first.settings, ...settings, ...brought])
}

function entriesOf(entry: typeof destinationSchema) {
  return z
    .record(name, entry)
    .refine((destinations) => Object.keys(destinations).length > 0, 'at least one destination')
    .meta({ description: 'Where rows go; you choose a name for each destination.' })
}

/** @param folder of the config file, where its relative paths start */
export function withAbsolutePaths(settings: DestinationSettings, folder: string): DestinationSettings {
  const { paths = [] } = vendorOf(settings)
  const absolute: Record<string, unknown> = { ...settings }
  for (const setting of paths) {
    const path = absolute[setting]
    if (typeof path === 'string') absolute[setting] = resolve(folder, path)
  }
  return absolute as DestinationSettings
}
