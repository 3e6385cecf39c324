import { z } from 'zod'
import { bigquerySettings } from '../destinations/bigquery/settings.ts'
import { hubspotSettings } from '../destinations/hubspot/settings.ts'
import { name } from './values/name.ts'

export const duckdbSettings = z.strictObject({
  type: z.literal('duckdb').meta({ description: 'A DuckDB file.' }),
  path: z
    .string()
    .min(1)
    .meta({ description: 'The file.', examples: ['qr-codes.duckdb'] }),
})

/** One entry of `destinations`. */
export const destinationSchema = z.discriminatedUnion('type', [
  duckdbSettings,
  bigquerySettings,
  hubspotSettings,
])

export const destinationsSettings = z
  .record(name, destinationSchema)
  .refine((destinations) => Object.keys(destinations).length > 0, 'at least one destination')
  .meta({ description: 'Where rows go; you choose a name for each destination.' })

type Given<Schema extends z.ZodType> = z.output<Schema>
export type BigQueryConfig = Given<typeof bigquerySettings>
export type HubSpotConfig = Given<typeof hubspotSettings>
