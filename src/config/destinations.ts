import { resolve } from 'node:path'
import { z } from 'zod'
import { vendorOf, vendors, type DestinationSettings } from '../destinations/vendors.ts'
import { name } from './values/name.ts'

const [first, ...others] = vendors

/** One entry of `destinations`: of any vendor that there is. */
export const destinationSchema = z.discriminatedUnion('type', [
  first.settings,
  ...others.map(({ settings }) => settings),
])

export const destinationsSettings = z
  .record(name, destinationSchema)
  .refine((destinations) => Object.keys(destinations).length > 0, 'at least one destination')
  .meta({ description: 'Where rows go; you choose a name for each destination.' })

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
